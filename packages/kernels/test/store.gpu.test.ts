// Stores of named tensors: what is larger than a binding is split by rows, and trains to the same bits as in one piece.
import { afterAll, describe, expect, it } from 'vitest';
import {
  Adam,
  add,
  compile,
  gather,
  input,
  linear,
  multiply,
  openDevice,
  reshape,
  type StoreEntry,
  StoreLayout,
  sum,
  type Tensor,
  TensorStore,
} from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

const table: StoreEntry = { name: 'table', shape: [40, 2, 2], byRows: true };
const weight: StoreEntry = { name: 'weight', shape: [3, 4] };
const small = { maxBinding: 256 + 100 }; // 16 rows of the table
const wave = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i + count));

function filled(maxBinding?: number): TensorStore {
  const store = TensorStore.create(device, [table, weight], 'store', maxBinding ? { maxBinding } : {});
  store.write('table', wave(160));
  store.write('weight', wave(12));
  return store;
}

describe('a tensor larger than a binding', () => {
  it('is split into whole rows, and written and read as one', async () => {
    const store = filled(small.maxBinding);
    expect(store.parts('table').map(({ firstRow, tensor }) => [firstRow, tensor.shape])).toEqual([
      [0, [16, 2, 2]],
      [16, [16, 2, 2]],
      [32, [8, 2, 2]],
    ]);
    expect(store.parts('weight')).toHaveLength(1);
    expect(store.shape('table')).toEqual([40, 2, 2]);
    expect((await store.read()).get('table')).toEqual(wave(160));
    expect((await store.read()).get('weight')).toEqual(wave(12));
    store.dispose();
  });

  it('trains to the same bits as in one piece', async () => {
    const results: Map<string, Float32Array>[][] = [];
    for (const store of [filled(), filled(small.maxBinding)]) {
      const tokens = input('tokens', [9], 'u32');
      const rows = store
        .parts('table')
        .map(({ tensor, firstRow }) => gather(tensor, tokens, { firstRow }))
        .reduce((total: Tensor, part) => add(total, part));
      const y = linear(reshape(rows, [9, 4]), store.tensor('weight'), { activation: 'gelu' });
      const adam = new Adam(store);
      const loss = sum(reshape(multiply(y, y), [27]));
      const program = await compile(device, adam.minimize(loss));
      for (let step = 1; step <= 3; step++) {
        program.run({
          tokens: Uint32Array.of(0, 15, 16, 39, 16, 31, 32, 3, 0),
          adam: adam.hyper({ learningRate: 0.1, weightDecay: 0.01, step }),
        });
      }
      results.push(await Promise.all([store, adam.moments.m, adam.moments.v].map((part) => part.read())));
      for (const owned of [program, adam, store]) owned.dispose();
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[0][0].get('table')).not.toEqual(wave(160));
  });

  it('is an error where something else than gather would read it', () => {
    expect(() => TensorStore.create(device, [{ ...table, byRows: false }], 'store', small)).toThrow(
      'table [40, 2, 2] needs 768 bytes, the maxStorageBufferBindingSize of this device is 356',
    );
    expect(() => StoreLayout.plan([{ name: 'wide', shape: [2, 100], byRows: true }], 256)).toThrow('wide [2, 100]');
    expect(() => filled(small.maxBinding).tensor('table')).toThrow("'table' is larger than a binding");
  });
});

it('uploads a large tensor piece by piece', async () => {
  const count = 5 * 2 ** 22 + 5; // more than may wait in the queue
  const store = TensorStore.create(device, [{ name: 'large', shape: [count] }]);
  const values = Float32Array.from({ length: count }, (_, i) => i % 1000);
  await store.upload('large', values);
  const found = (await store.read()).get('large')!;
  expect(found.length).toBe(count);
  expect(found.findIndex((value, i) => value !== values[i])).toBe(-1);
  await expect(store.upload('large', values.subarray(1))).rejects.toThrow(`needs ${count} values, found ${count - 1}`);
  store.dispose();
});

it('names what it does not have, and what it has twice', () => {
  const store = filled();
  expect(() => store.tensor('bias')).toThrow("no tensor named 'bias' in this store");
  expect(() => store.write('weight', wave(11))).toThrow('weight [3, 4] needs 12 values, found 11');
  expect(() => TensorStore.create(device, [weight, weight])).toThrow("two tensors are named 'weight'");
  store.dispose();
});

it('can be planned without memory, but not run', async () => {
  const planned = StoreLayout.plan([table, weight], small.maxBinding);
  expect(planned.size).toBe(filled(small.maxBinding).size);
  const y = linear(input('x', [1, 4]), planned.tensor('weight'));
  await expect(compile(device, { outputs: { y } })).rejects.toThrow('weight has no memory');
});
