import type { Device } from '@webcir/kernels';
import copyCode from './copy.wgsl';
import { dispatcher, type Submit } from './dispatcher.ts';
import peakCode from './peak.wgsl';
import { stopwatch } from './rounds.ts';
import type { Ceilings } from './share.ts';

const THREADS = 2 ** 16;
const OPERATIONS_PER_TURN = 128;
const VECTORS_PER_GROUP = 256;

/** Measures both ceilings. The fastest round counts: nothing can be faster than a ceiling. */
export async function measureCeilings(device: Device, rounds: number): Promise<Ceilings> {
  // Long enough to be measured on a CPU and on a card that is a thousand times as fast.
  const turns = device.capabilities.software ? 256 : 16384;
  const output = device.gpu.createBuffer({ size: THREADS * 16, usage: 0x80 });
  const groups = THREADS / 64;
  const peak = dispatcher(device, { code: peakCode, buffers: [output], groups, constants: { turns } });
  const flops = THREADS * turns * OPERATIONS_PER_TURN;

  const bytes = Math.min(2 ** 26, device.capabilities.maxBindingSize);
  const [from, to] = [0, 1].map(() => device.gpu.createBuffer({ size: bytes, usage: 0x80 }));
  const copy = dispatcher(device, {
    code: copyCode,
    buffers: [from, to],
    groups: bytes / 16 / VECTORS_PER_GROUP,
  });

  const best = { peak: Number.POSITIVE_INFINITY, copy: Number.POSITIVE_INFINITY };
  for (let round = -1; round < rounds; round++) {
    const [arithmetic, memory] = [await fastest(device, peak), await fastest(device, copy)];
    if (round < 0) continue; // drivers compile, and memory is first touched
    best.peak = Math.min(best.peak, arithmetic);
    best.copy = Math.min(best.copy, memory);
  }
  for (const buffer of [output, from, to]) buffer.destroy();
  return { gflops: flops / best.peak / 1e6, gbps: (2 * bytes) / best.copy / 1e6 };
}

/** Milliseconds of one dispatch, out of a few: what it costs to submit and to wait is little of it. */
async function fastest(device: Device, submit: Submit): Promise<number> {
  const times = 4;
  const samples: number[] = [];
  for (let i = 0; i < 3; i++) {
    samples.push(
      await stopwatch(async () => {
        submit(times);
        await device.idle();
      }),
    );
  }
  return Math.min(...samples) / times;
}
