// What a compiled program promises: one submit, nothing allocated in a steady step, data instead of constants, clear
// errors.
import { afterAll, describe, expect, it } from 'vitest';
import {
  Adam,
  add,
  compile,
  constant,
  DeviceLostError,
  GpuError,
  input,
  linear,
  multiply,
  openDevice,
  relu,
  reshape,
  ShapeError,
  scale,
  sum,
  TensorStore,
  wrapDevice,
} from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

/** Least squares on fixed data: a small training step with forward, backward and optimizer. */
async function trainingStep() {
  const store = TensorStore.create(device, [
    { name: 'weight', shape: [3, 4] },
    { name: 'bias', shape: [3] },
  ]);
  store.write(
    'weight',
    Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
  );
  const adam = new Adam(store);
  const y = linear(input('x', [5, 4]), store.tensor('weight'), { bias: store.tensor('bias'), activation: 'relu' });
  const loss = scale(sum(reshape(multiply(y, y), [15])), 1 / 15);
  const program = await compile(device, adam.minimize(loss));
  return { store, adam, program };
}

/** Reports every call of a method until the function that it returns is called. */
function countCalls<T extends object>(object: T, method: keyof T & string, onCall: () => void): () => void {
  const original = object[method] as (...args: unknown[]) => unknown;
  const counted = (...args: unknown[]) => {
    onCall();
    return original.apply(object, args);
  };
  Object.defineProperty(object, method, { configurable: true, value: counted });
  return () => Reflect.deleteProperty(object, method);
}

const x = Float32Array.from({ length: 20 }, (_, i) => Math.cos(i));

describe('a training step', () => {
  it('is one submit, with no new buffer and no new bind group, over 1,000 steps', async () => {
    const { adam, program } = await trainingStep();
    const hyper = (step: number) => ({ x, adam: adam.hyper({ learningRate: 1e-3, weightDecay: 0, step }) });
    await program.runAndRead(hyper(1), ['loss']);
    const counts = { submit: 0, createBuffer: 0, createBindGroup: 0 };
    const stopCounting = [
      countCalls(device.gpu, 'createBuffer', () => counts.createBuffer++),
      countCalls(device.gpu, 'createBindGroup', () => counts.createBindGroup++),
      countCalls(device.gpu.queue, 'submit', () => counts.submit++),
    ];
    let first = Number.NaN;
    let last = Number.NaN;
    for (let step = 2; step <= 1001; step++) {
      const { loss } = await program.runAndRead(hyper(step), ['loss']);
      if (step === 2) first = loss[0];
      last = loss[0];
    }
    expect(counts).toEqual({ submit: 1000, createBuffer: 0, createBindGroup: 0 });
    expect(last).toBeLessThan(first / 2);
    for (const stop of stopCounting) stop();
  });

  it('sees another learning rate at every run: it is data, not part of the plan', async () => {
    const moved: number[] = [];
    for (const learningRate of [0, 1e-3, 2e-3]) {
      const { store, adam, program } = await trainingStep();
      const before = (await store.read()).get('weight')!;
      program.run({ x, adam: adam.hyper({ learningRate: 0, weightDecay: 0, step: 1 }) });
      program.run({ x, adam: adam.hyper({ learningRate, weightDecay: 0, step: 2 }) });
      const after = (await store.read()).get('weight')!;
      moved.push(Math.max(...after.map((value, i) => Math.abs(value - before[i]))));
    }
    expect(moved[0]).toBe(0);
    expect(moved[2] / moved[1]).toBeCloseTo(2, 3);
  });

  it('gives the same bits when it is run again from the same start', async () => {
    const runs: Float32Array[] = [];
    for (let run = 0; run < 2; run++) {
      const { store, adam, program } = await trainingStep();
      for (let step = 1; step <= 20; step++)
        program.run({ x, adam: adam.hyper({ learningRate: 1e-2, weightDecay: 0.01, step }) });
      runs.push((await store.read()).get('weight')!);
    }
    expect(runs[0]).toEqual(runs[1]);
  });
});

describe('a program', () => {
  it('reuses the memory of values that nothing needs any more', async () => {
    let value = input('x', [1024, 64]);
    for (let i = 0; i < 20; i++) value = relu(add(value, constant(new Float32Array([1]), [1])));
    const program = await compile(device, { outputs: { value } });
    expect(program.memory).toBeLessThan(5 * 1024 * 64 * 4);
    program.dispose();
  });

  it('runs inside the encoder and on the buffers of a host application', async () => {
    const host = wrapDevice(device.gpu, device.info);
    const program = await compile(host, { outputs: { doubled: scale(input('x', [4]), 2) } });
    program.write({ x: Float32Array.of(1, 2, 3, 4) });
    const encoder = device.gpu.createCommandEncoder();
    program.encode(encoder);
    const { buffer, offset, size } = program.region('doubled');
    const staging = device.gpu.createBuffer({ size, usage: 0x1 | 0x8 });
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
    device.gpu.queue.submit([encoder.finish()]);
    await host.wait(staging.mapAsync(1) as Promise<undefined>);
    expect([...new Float32Array(staging.getMappedRange())]).toEqual([2, 4, 6, 8]);
    staging.destroy();
    host.close(); // not the host's device
    expect((await program.runAndRead({}, ['doubled'])).doubled[3]).toBe(8);
  });

  it('names the input that is unknown or of the wrong size, and writes nothing', async () => {
    const program = await compile(device, { outputs: { y: scale(input('x', [4]), 2) } });
    await program.runAndRead({ x: Float32Array.of(1, 2, 3, 4) }, ['y']);
    expect(() => program.run({ z: new Float32Array(4) })).toThrow("unknown input 'z'; this program has: x");
    expect(() => program.run({ x: new Float32Array(3) })).toThrow(
      "input 'x': expected a Float32Array of 4 values for [4], found Float32Array of 3",
    );
    expect(() => program.run({ x: new Uint32Array(4) })).toThrow('found Uint32Array of 4');
    expect([...(await program.runAndRead({}, ['y'])).y]).toEqual([2, 4, 6, 8]);
  });
});

describe('errors', () => {
  it('name the op and the shapes that do not fit', () => {
    expect(() => linear(input('x', [2, 3]), input('w', [4, 5]))).toThrow(ShapeError);
    expect(() => linear(input('x', [2, 3]), input('w', [4, 5]))).toThrow(/f32\[2, 3\], f32\[4, 5\]/);
    expect(() => input('x', [2, 0])).toThrow('every size of a shape must be a positive integer, found [2, 0]');
  });

  it('of a tensor larger than the device can bind come at compile time', async () => {
    const rows = Math.ceil(device.capabilities.maxBindingSize / 4 / 1024) + 1;
    await expect(compile(device, { outputs: { y: relu(input('x', [rows, 1024])) } })).rejects.toThrow(GpuError);
  });

  it('of the device fail the call that waits for it', async () => {
    const broken = await openDevice();
    const buffer = broken.gpu.createBuffer({ size: 16, usage: 0x80 });
    buffer.destroy();
    const other = broken.gpu.createBuffer({ size: 16, usage: 0x80 | 0x8 });
    const encoder = broken.gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, 0, other, 0, 16);
    broken.gpu.queue.submit([encoder.finish()]);
    await expect(broken.idle()).rejects.toThrow(GpuError);
    broken.close();
  });

  it('of a lost device reject what is pending', async () => {
    const doomed = await openDevice();
    doomed.close();
    await expect(doomed.wait(new Promise<void>(() => {}))).rejects.toThrow(DeviceLostError);
  });
});
