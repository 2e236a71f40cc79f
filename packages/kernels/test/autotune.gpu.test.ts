// An autotuned program computes the same as the fixed choices, and autotuning leaves nothing behind.
import { afterAll, expect, it } from 'vitest';
import { type TimingOptions, timeVariants } from '../src/engine/autotune.ts';
import { stopwatchOf } from '../src/engine/stopwatch.ts';
import { ancestors } from '../src/graph.ts';
import {
  attention,
  compile,
  type Device,
  enableAutotune,
  type Graph,
  gradients,
  input,
  layernorm,
  linear,
  openDevice,
  reshape,
  sum,
  wrapDevice,
} from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

const [batch, tokens, width] = [3, 20, 64];
const values = (count: number, scale = 1) => Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i * i));
const inputs = {
  x: values(batch * tokens * width),
  scale: values(width),
  shift: values(width),
  weight: values(3 * width * width, 0.1),
  bias: values(3 * width),
};

/** A layer of a transformer and its backward pass: matmul, attention and layernorm, each in several variants. */
function layer() {
  const x = input('x', [batch, tokens, width]);
  const weight = input('weight', [3 * width, width]);
  const normal = layernorm(x, input('scale', [width]), input('shift', [width]));
  const y = attention(linear(normal, weight, { bias: input('bias', [3 * width]) }), { heads: 2, causal: true });
  const loss = sum(reshape(y, [batch * tokens * width]));
  const [dx, dWeight] = gradients(loss, [x, weight]);
  return { outputs: { y, dx, dWeight } };
}

/** Times the shape classes of a graph that are not timed yet, as `compile` would. */
const autotune = (on: Device, graph: Graph<string>, options?: TimingOptions) =>
  timeVariants(stopwatchOf(on), on.capabilities, [graph], options);

/** Names of the ops of a graph that can run in several ways here, worth timing: none on some adapters. */
const opsWithAChoice = ({ outputs }: Graph<string>) =>
  ancestors(Object.values(outputs)).flatMap(({ source }) =>
    source.kind === 'op' &&
    Object.values(source.definition.variants ?? {}).filter((runs) => runs(device.capabilities) === true).length > 1
      ? [source.definition.name]
      : [],
  );
const hasChoice = opsWithAChoice(layer()).length > 0;

const run = async () => {
  const program = await compile(device, layer());
  const results = await program.runAndRead(inputs, ['y', 'dx', 'dWeight']);
  program.dispose();
  return results;
};

it('times every op that has variants here, within its budget, and frees what it took', async () => {
  const graph = layer();
  let held = 0;
  const original = device.gpu.createBuffer;
  Object.defineProperty(device.gpu, 'createBuffer', {
    configurable: true,
    value: (descriptor: GPUBufferDescriptor) => {
      const buffer = original.call(device.gpu, descriptor);
      const destroy = buffer.destroy;
      held++;
      Object.defineProperty(buffer, 'destroy', {
        value() {
          held--;
          destroy.call(buffer);
        },
      });
      return buffer;
    },
  });
  const { choices, timed, untimed } = await autotune(device, graph).finally(() =>
    Reflect.deleteProperty(device.gpu, 'createBuffer'),
  );
  expect(held).toBe(0);
  expect(new Set(Object.keys(choices).map((key) => key.split(' ')[0]))).toEqual(new Set(opsWithAChoice(graph)));
  expect(timed + untimed).toBe(Object.keys(choices).length);
  expect(await autotune(device, graph, { choices })).toEqual({ choices, timed: 0, changed: 0, untimed: 0 });
});

it('goes by the clock where the device has no timestamps', async () => {
  const without = wrapDevice(device.gpu, device.info);
  const features = new Set([...device.capabilities.features].filter((feature) => feature !== 'timestamp-query'));
  Object.defineProperty(without, 'capabilities', { value: { ...device.capabilities, features } });
  const { timed, untimed } = await autotune(without, layer());
  expect(timed).toBeGreaterThanOrEqual(untimed);
});

it('and a program in the variants that it took gives the same results', async () => {
  const before = await run();
  // Makes the kernels without subgroups look faster.
  const trial = { run: async (variant: string) => (variant === 'plain' ? 1 : 2), dispose() {} };
  const stopwatch = { now: () => 0, ready: async () => trial };
  const { choices, changed } = await timeVariants(stopwatch, device.capabilities, [layer()]);
  device.choose(choices);
  const after = await run();
  device.choose({});
  if (device.capabilities.subgroupSize === 8) expect(changed).toBeGreaterThan(0);
  for (const name of ['y', 'dx', 'dWeight'] as const) {
    const scale = Math.max(...before[name].map(Math.abs));
    const error = Math.max(...after[name].map((value, i) => Math.abs(value - before[name][i])));
    expect(error / scale, name).toBeLessThan(2e-5);
  }
});

it('and a device that autotunes times what it compiles, once, and tells before the program is made', async () => {
  const before = await run();
  const told: Record<string, string>[] = [];
  const own = wrapDevice(device.gpu, device.info);
  const counts = enableAutotune(own, { onChoices: (added) => void told.push(added) });
  const programs = await Promise.all([compile(own, layer()), compile(own, layer())]);
  expect(told).toHaveLength(hasChoice ? 1 : 0); // the second one waited for the first
  const [choices = {}] = told;
  expect(Object.keys(choices).length).toBe(counts.timed + counts.untimed);
  expect(own.capabilities.choices).toEqual(choices);
  for (const program of programs) {
    const results = await program.runAndRead(inputs, ['y', 'dx', 'dWeight']);
    for (const name of ['y', 'dx', 'dWeight'] as const)
      for (const [i, value] of results[name].entries()) expect(value).toBeCloseTo(before[name][i], 3);
    program.dispose();
  }

  // A later run that is given the choices has nothing to time.
  const resumed = wrapDevice(device.gpu, device.info);
  const known = enableAutotune(resumed, { choices, onChoices: () => expect.unreachable() });
  (await compile(resumed, layer())).dispose();
  expect(known).toMatchObject({ timed: 0, changed: 0, untimed: 0 });
});

it('keeps the fixed choice for good once the budget is spent', async () => {
  const own = wrapDevice(device.gpu, device.info);
  const counts = enableAutotune(own, { budget: 0 });
  (await compile(own, layer())).dispose();
  expect(counts).toMatchObject({ timed: 0, changed: 0 });
  expect(counts.untimed).toBe(Object.keys(own.capabilities.choices!).length);
  expect(counts.untimed > 0).toBe(hasChoice);
});
