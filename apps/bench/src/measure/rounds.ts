import type { Device, Region } from '@webcir/kernels';

/** Something that is timed beside others. */
export interface Contender {
  /** Does its work `times` times, waits until it is done, and says how long that took, in milliseconds. */
  time(times: number): Promise<number>;
}

/**
 * A timed run does its work as often as it takes to fill this time, so that waiting and reading back cost little of it.
 */
const FILL = 40;
const MAX_TIMES = 200;
/** Milliseconds. Work that takes this long gets no second run before it counts: no compiler is to blame. */
const MAX_WARMUP = 5000;

/**
 * Times contenders in turns: what the machine does meanwhile then hits all of them alike, and ratios of one round are
 * fair. Each is run twice before, for compilers and caches.
 * @returns by contender and round, milliseconds for doing the work once
 */
export async function inTurns(contenders: readonly Contender[], rounds: number): Promise<number[][]> {
  const times: number[] = [];
  for (const contender of contenders) {
    const first = await contender.time(1);
    const once = first > MAX_WARMUP ? first : await contender.time(1);
    times.push(Math.max(1, Math.min(MAX_TIMES, Math.round(FILL / once))));
  }
  const samples: number[][] = contenders.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const which = (turn + round) % contenders.length;
      await calm();
      samples[which].push((await contenders[which].time(times[which])) / times[which]);
    }
  }
  return samples;
}

/**
 * Threads of OpenBLAS and ONNX Runtime spin for some 20 ms after their last work, on a core that the next contender
 * needs.
 */
const calm = () => new Promise((resolve) => setTimeout(resolve, 100));

/** How long `work` takes, in milliseconds. */
export async function stopwatch(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Reads the first number of a region back: what was submitted before is then done, whatever a queue promises. */
export async function readScalar(device: Device, { buffer, offset }: Region): Promise<number> {
  const staging = device.gpu.createBuffer({ size: 4, usage: 0x1 | 0x8 });
  const encoder = device.gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, offset, staging, 0, 4);
  device.gpu.queue.submit([encoder.finish()]);
  await device.wait(staging.mapAsync(1) as Promise<undefined>);
  const [value] = new Float32Array(staging.getMappedRange());
  staging.destroy();
  return value;
}
