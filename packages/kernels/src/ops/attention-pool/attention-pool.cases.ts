import { normal, type OpCase } from '../../engine/case.ts';
import { attentionPoolReference } from './attention-pool.reference.ts';
import { attentionPool } from './attention-pool.ts';

const attentionPoolCase = (batch: number, tokens: number, heads: number, headSize: number): OpCase => {
  const width = heads * headSize;
  return {
    name: `[${batch}, ${tokens}, ${heads} * ${headSize}]`,
    inputs: [normal([batch, width]), normal([batch, tokens, width]), normal([batch, tokens, width])],
    op: (q, k, v) => attentionPool(q, k, v, { heads }),
    reference: (q, k, v) => attentionPoolReference(q, k, v, heads),
    flops: 4 * batch * tokens * width,
  };
};

export const cases = [
  attentionPoolCase(1, 1, 1, 4),
  attentionPoolCase(2, 5, 3, 8),
  attentionPoolCase(3, 50, 2, 64),
  {
    ...attentionPoolCase(1, 7, 2, 4),
    name: 'large scores',
    inputs: [normal([1, 8], { scale: 20 }), normal([1, 7, 8], { scale: 5 }), normal([1, 7, 8])],
    tolerance: 1e-3,
  },
];

export const benchmarks = [attentionPoolCase(32, 50, 32, 64), attentionPoolCase(32, 82, 40, 64)];
