// The selection behind `nearest`, on scores that no gallery would give it: exact, equal scores by rising index.
import { afterAll, describe, expect, it } from 'vitest';
import { type CaseInput, caseValues, type NdArray, normal, values } from '../src/engine/case.ts';
import { openDevice } from '../src/engine/device.ts';
import { apply, type OpDefinition } from '../src/engine/op.ts';
import { compile, input } from '../src/index.ts';
import { selectTop } from '../src/ops/nearest/select-top.ts';

const device = await openDevice();
afterAll(() => device.close());

const definition: OpDefinition<{ readonly k: number }> = {
  name: 'selectTop',
  outputs: ([{ shape }], { k }) => [
    { shape: [shape[0], k], dtype: 'f32' },
    { shape: [shape[0], k], dtype: 'u32' },
  ],
  launch: ({ inputs: [scores], outputs, scratch }) =>
    selectTop(scores, { values: outputs[0], indices: outputs[1] }, scratch),
  noGradient: 'rankings are for retrieval, not for training',
};

function reference({ shape: [queries, count], data }: NdArray, k: number) {
  const best = Array.from({ length: queries }, (_, query) => {
    const row = data.subarray(query * count, (query + 1) * count);
    const order = [...row.keys()].sort((i, j) => row[j] - row[i] || i - j).slice(0, k);
    return order.map((index) => ({ index, value: row[index] }));
  }).flat();
  return { values: best.map(({ value }) => value), indices: best.map(({ index }) => index) };
}

const scoresOf = (shape: number[], map: (value: number, i: number) => number = (value) => value): CaseInput =>
  values(shape, [...Float32Array.from(caseValues([normal(shape)])[0].data, map)], false);

const cases: readonly (readonly [k: number, scores: CaseInput, name?: string])[] = [
  [1, scoresOf([1, 1])],
  [5, scoresOf([3, 5])],
  [10, scoresOf([4, 240])],
  [100, scoresOf([3, 241])],
  [10, scoresOf([4, 1008])],
  [64, scoresOf([5, 1037])],
  [64, scoresOf([2, 2048])],
  [7, scoresOf([3, 20011])],
  [64, scoresOf([2, 17002])],
  [128, scoresOf([2, 17002])],
  [9, scoresOf([2, 1500], (_, i) => -i), 'falling, all but one negative'],
  [33, scoresOf([2, 1500], (_, i) => i), 'rising'],
  [50, scoresOf([3, 1111], Math.round), 'equal values'],
  [64, scoresOf([3, 1111], () => -2), 'one value only'],
  [6, scoresOf([2, 9], (_, i) => (i % 2 ? -0 : 0)), 'zeros of either sign'],
  [3, scoresOf([2, 5], (_, i) => -3e38 + i * 1e37), 'the lowest floats'],
];

describe('selectTop', () => {
  for (const [k, scores, name] of cases) {
    it(`${k} of [${scores.shape}]${name ? `, ${name}` : ''}`, async () => {
      const [array] = caseValues([scores]);
      const [best, indices] = apply(definition, [input('scores', scores.shape)], { k });
      const program = await compile(device, { outputs: { best, indices } });
      const found = await program.runAndRead({ scores: Float32Array.from(array.data) }, ['best', 'indices']);
      const expected = reference(array, k);
      expect([...new Uint32Array(found.indices.buffer)]).toEqual(expected.indices);
      // Adding 0 makes -0 and 0 the same: they are equal scores.
      expect(Array.from(found.best, (value) => value + 0)).toEqual(expected.values.map((value) => value + 0));
      program.dispose();
    });
  }
});
