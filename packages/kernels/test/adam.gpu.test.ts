// Optimizer steps in place on stored tensors: gradients packed, all parameters updated by one dispatch, several steps.
import { afterAll, expect, it } from 'vitest';
import type { NdArray } from '../src/engine/case.ts';
import { openDevice } from '../src/engine/device.ts';
import { adam, add, compile, gradients, input, multiply, pack, reshape, sum, TensorStore } from '../src/index.ts';
import { adamReference } from '../src/ops/adam/adam.reference.ts';

const device = await openDevice();
afterAll(() => device.close());

const shapes = { weight: [3, 7], bias: [5] };
const counts = { weight: 21, bias: 5 };
const start = (name: keyof typeof shapes) =>
  Float32Array.from({ length: counts[name] }, (_, i) => Math.sin(i + counts[name]));

it('steps in place, with what changes from step to step as data', async () => {
  const store = TensorStore.create(
    device,
    Object.entries(shapes).map(([name, shape]) => ({ name, shape })),
  );
  const [m, v] = [store.createLike('m'), store.createLike('v')];
  const names = ['weight', 'bias'] as const;
  const parameters = names.map((name) => store.tensor(name));
  // loss = sum of squares / 2, so that the gradient is the parameter itself.
  const halfSquares = parameters.map((tensor, i) => {
    const flat = reshape(tensor, [counts[names[i]]]);
    return multiply(sum(multiply(flat, flat)), input(`half ${i}`, [1]));
  });
  const loss = add(halfSquares[0], halfSquares[1]);
  const offsets = store.layout(0).map(({ offset }) => offset / 4);
  const [flat] = store.flat;
  const updated = adam({
    parameters: flat,
    gradients: pack(gradients(loss, parameters), offsets, flat.shape[0]),
    m: m.flat[0],
    v: v.flat[0],
    hyper: input('hyper', [6]),
  });
  const program = await compile(device, { outputs: { loss }, updates: Object.values(updated) });

  for (const name of names) store.write(name, start(name));
  const expected = new Map<string, readonly NdArray[]>(
    names.map((name) => {
      const data = Float64Array.from(start(name));
      const zero = { shape: [data.length], data: new Float64Array(data.length) };
      return [name, [{ shape: [data.length], data }, zero, zero]];
    }),
  );
  const losses: number[] = [];
  for (let step = 1; step <= 4; step++) {
    const hyper = [0.1 / step, 0.01 * step, 1 - 0.9 ** step, 1 - 0.999 ** step, 1, 1];
    const half = new Float32Array([0.5]);
    const results = await program.runAndRead({ hyper: new Float32Array(hyper), 'half 0': half, 'half 1': half }, [
      'loss',
    ]);
    losses.push(results.loss[0]);
    for (const name of names) {
      const [value, mean, square] = expected.get(name)!;
      const data = Float64Array.from(hyper);
      expected.set(
        name,
        adamReference([value, mean, square, value, { shape: [6], data }], { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }),
      );
    }
  }
  for (const [index, values] of [await store.read(), await m.read(), await v.read()].entries()) {
    for (const name of names) {
      const wanted = expected.get(name)![index].data;
      for (const [i, value] of values.get(name)!.entries()) expect(value).toBeCloseTo(wanted[i], 6);
    }
  }
  expect(losses[3]).toBeLessThan(losses[0]);
  for (const owned of [store, m, v]) owned.dispose();
  program.dispose();
});
