import { apply, expectShapes, type OpDefinition } from '../../engine/op.ts';
import type { Tensor } from '../../graph.ts';
import { MAX_SELECTED, selectTop } from './select-top.ts';

export { MAX_SELECTED };

interface Attributes {
  readonly k: number;
}

const definition: OpDefinition<Attributes> = {
  name: 'topK',
  outputs(inputs, { k }) {
    const [{ shape, dtype }] = inputs;
    const fits =
      dtype === 'f32' && shape.length === 2 && Number.isInteger(k) && k >= 1 && k <= MAX_SELECTED && k <= shape[1];
    expectShapes(
      fits,
      'topK',
      `scores [queries, n] of f32 with k = ${k} in 1 to ${MAX_SELECTED}, and n at least k`,
      inputs,
    );
    return [
      { shape: [shape[0], k], dtype: 'f32' },
      { shape: [shape[0], k], dtype: 'u32' },
    ];
  },
  launch({ inputs: [scores], outputs: [values, indices], attributes: { k }, used, scratch }) {
    const results = {
      values: used(values) ? values : scratch([scores.shape[0], k]),
      indices: used(indices) ? indices : scratch([scores.shape[0], k], 'u32'),
    };
    return selectTop(scores, results, scratch);
  },
  noGradient: 'rankings are for retrieval, not for training',
};

/**
 * The k largest scores of every query: exact, equal scores by rising index. Scores must not be NaN.
 * @param scores [queries, n]
 * @param k at most 128 and at most n
 * @returns values [queries, k] in falling order, and their indices, u32 [queries, k]
 * @throws ShapeError
 */
export function topK(scores: Tensor, k: number): readonly [values: Tensor, indices: Tensor] {
  const [values, indices] = apply(definition, [scores], { k });
  return [values, indices];
}
