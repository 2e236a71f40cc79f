// Bytes as storage: which ops read them as they are, what becomes of the rest, and that nothing mistakes them for floats.
import { afterAll, describe, expect, it } from 'vitest';
import { openDevice } from '../src/engine/device.ts';
import { byteLength } from '../src/graph.ts';
import {
  add,
  compile,
  conv2d,
  dequantize,
  gather,
  gradients,
  input,
  linear,
  matmul,
  reshape,
  ShapeError,
  StoreLayout,
  slice,
  softmax,
  sum,
  type Tensor,
  TensorStore,
} from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

/** Weights in int8 that a program is given. */
const light = (rows: number, columns: number) =>
  dequantize(input('values', [rows, columns], 'i8'), input('scale', [rows]));

async function opsOf(y: Tensor): Promise<string[]> {
  const program = await compile(device, { outputs: { y } });
  const names = program.dispatches.map(({ label }) => label);
  program.dispose();
  return names;
}

describe('weights in int8', () => {
  it('are read as bytes by a dense layer, and by a lookup row by row', async () => {
    expect(await opsOf(linear(input('x', [3, 8]), light(4, 8)))).toEqual(['matmul']);
    const looked = await opsOf(gather(light(20, 8), input('rows', [3], 'u32')));
    expect(looked).toEqual(['gather', 'gather', 'dequantize']);
    const patches = dequantize(input('values', [4, 3, 4, 4], 'i8'), input('scale', [4]));
    expect(await opsOf(conv2d(input('x', [1, 8, 8, 3]), patches, { stride: 4 }))).toEqual(['conv2d.patches', 'matmul']);
  });

  it('become floats for everything else', async () => {
    expect(await opsOf(matmul(input('x', [3, 4]), light(4, 8)))).toEqual(['dequantize', 'matmul']);
    expect(await opsOf(linear(input('x', [3, 8]), slice(light(8, 8), 0, 4, 4)))).toContain('dequantize');
    expect(await opsOf(linear(input('x', [3, 6]), light(4, 6)))).toEqual(['dequantize', 'matmul']);
    expect(await opsOf(matmul(input('x', [3, 4]), reshape(light(8, 4), [4, 8])))).toEqual(['dequantize', 'matmul']);
    expect(await opsOf(gather(light(20, 6), input('rows', [3], 'u32')))).toEqual(['dequantize', 'gather']);
  });

  it('reach from -128 to 127', async () => {
    const program = await compile(device, { outputs: { y: light(1, 6) } });
    const bytes = Int8Array.of(-128, -127, -1, 0, 1, 127);
    const { y } = await program.runAndRead({ values: bytes, scale: Float32Array.of(0.5) }, ['y']);
    expect([...y]).toEqual([-64, -63.5, -0.5, 0, 0.5, 63.5]);
    program.dispose();
  });

  it('are not trained, and nothing is through them', () => {
    const [x, weight] = [input('x', [3, 8]), light(4, 8)];
    const loss = (y: Tensor) => sum(sum(y));
    expect(() => gradients(loss(linear(x, weight)), [x])).toThrow('no gradient through weights in int8');
    const scale = input('scale', [4]);
    const floats = dequantize(input('values', [4, 8], 'i8'), scale);
    expect(() => gradients(loss(add(floats, floats)), [scale])).toThrow('dequantize has no gradient: weights in int8');
    const bias = input('bias', [4]);
    const others = linear(linear(x, weight), input('more', [4, 4]), { bias });
    expect(gradients(loss(others), [bias])).toHaveLength(1);
  });

  it('need a scale for each row', () => {
    const values = input('values', [4, 8], 'i8');
    expect(() => dequantize(values, input('scale', [8]))).toThrow(/dequantize: expected .*i8\[4, 8\], f32\[8\]/);
    expect(() => dequantize(input('x', [4]), input('scale', [4]))).toThrow(ShapeError);
    expect(() => linear(input('x', [3, 8]), values)).toThrow(/linear: .*dequantize\(weight, scale\)/);
    expect(() => matmul(input('x', [3, 4]), values)).toThrow(ShapeError);
    expect(() => softmax(values)).toThrow(/softmax: .*dequantize\(x, scale\).*i8\[4, 8\]/);
  });
});

describe('a tensor of bytes', () => {
  it('takes a byte a value, in whole words', () => {
    expect(byteLength(input('x', [3, 5], 'i8'))).toBe(16);
  });

  it('is not read back', async () => {
    const rows = gather(input('x', [2, 4], 'i8'), input('rows', [1], 'u32'));
    const program = await compile(device, { outputs: { rows } });
    await expect(program.runAndRead({}, ['rows'])).rejects.toThrow(/'rows' is of bytes.*dequantize/);
    program.dispose();
  });
});

describe('a store', () => {
  const entries = [
    { name: 'table', shape: [40, 12], dtype: 'i8', byRows: true },
    { name: 'odd', shape: [3, 3], dtype: 'i8' },
    { name: 'bias', shape: [5] },
  ] as const;
  const bytes = (count: number) => Int8Array.from({ length: count }, (_, i) => ((i * 37) % 255) - 127);

  it('keeps bytes beside floats, and splits a table of them into whole rows', async () => {
    const store = TensorStore.create(device, entries, 'store', { maxBinding: 300 });
    expect(store.parts('table').map(({ firstRow, tensor }) => [firstRow, tensor.dtype, tensor.shape])).toEqual([
      [0, 'i8', [21, 12]],
      [21, 'i8', [19, 12]],
    ]);
    await store.upload('table', bytes(480));
    await store.upload('odd', bytes(9));
    await store.upload('bias', Float32Array.of(1, 2, 3, 4, 5));
    const [one, rows] = [input('one', [40]), input('rows', [4], 'u32')];
    const table = store
      .parts('table')
      .map(({ tensor, firstRow }) =>
        gather(dequantize(tensor, slice(one, 0, firstRow, tensor.shape[0])), rows, { firstRow }),
      )
      .reduce((total: Tensor, part) => add(total, part));
    const odd = dequantize(store.tensor('odd'), slice(one, 0, 0, 3));
    const program = await compile(device, { outputs: { table, odd } });
    const given = { one: new Float32Array(40).fill(1), rows: Uint32Array.of(0, 20, 21, 39) };
    const found = await program.runAndRead(given, ['table', 'odd']);
    const row = (i: number) => [...bytes(480).subarray(i * 12, i * 12 + 12)];
    expect([...found.table]).toEqual([0, 20, 21, 39].flatMap(row));
    expect([...found.odd]).toEqual([...bytes(9)]);
    expect([...(await store.read()).keys()]).toEqual(['bias']);
    await expect(store.readTensor('odd')).rejects.toThrow('odd is of bytes');
    for (const owned of [program, store]) owned.dispose();
  });

  it('takes a quarter of the memory for bytes', () => {
    const sizeOf = (dtype: 'f32' | 'i8') => StoreLayout.plan([{ name: 'x', shape: [64, 64], dtype }], 1e6).size;
    expect(sizeOf('i8')).toBe(sizeOf('f32') / 4);
  });

  it('refuses values of another kind', async () => {
    const store = TensorStore.create(device, entries);
    await expect(store.upload('odd', new Float32Array(9))).rejects.toThrow(
      'odd is stored as i8, found values of 4 bytes',
    );
    await expect(store.upload('bias', new Int8Array(5))).rejects.toThrow(
      'bias is stored as f32, found values of 1 byte',
    );
    store.dispose();
  });
});
