import { normal, type OpCase } from '../../engine/case.ts';
import type { Tensor } from '../../graph.ts';
import { cast } from '../cast/cast.ts';
import { attentionReference } from './attention.reference.ts';
import { attention } from './attention.ts';

const attentionCase = (batch: number, tokens: number, heads: number, headSize: number, causal = false): OpCase => ({
  name: `[${batch}, ${tokens}, 3 * ${heads} * ${headSize}]${causal ? ' causal' : ''}`,
  inputs: [normal([batch, tokens, 3 * heads * headSize])],
  op: (qkv) => attention(qkv, { heads, causal }),
  reference: (qkv) => attentionReference(qkv, { heads, causal }),
  // Two products of [tokens, headSize, tokens]; the mask leaves tokens * (tokens + 1) / 2 of the scores.
  flops: 4 * batch * heads * headSize * (causal ? (tokens * (tokens + 1)) / 2 : tokens ** 2),
});

/** The same case in half precision. Adapters may round to either neighbouring half, which the tolerances allow for. */
const halfCase = (testCase: OpCase): OpCase => ({
  ...testCase,
  name: `${testCase.name} of halves`,
  inputs: testCase.inputs.map((input) => ({ ...input, half: true })),
  op: (qkv) => cast(testCase.op(cast(qkv, 'f16')) as Tensor, 'f32'),
  tolerance: 2 ** -10,
  gradientTolerance: 2 ** -9,
});

export const cases = [
  attentionCase(2, 1, 3, 4),
  attentionCase(1, 3, 2, 8, true),
  attentionCase(3, 8, 1, 12),
  attentionCase(2, 17, 2, 64),
  attentionCase(2, 13, 2, 32, true),
  attentionCase(1, 22, 1, 80),
  attentionCase(1, 9, 2, 128, true),
  attentionCase(1, 150, 1, 8),
  attentionCase(1, 16, 1, 64, true),
  attentionCase(1, 50, 1, 96),
  attentionCase(1, 77, 1, 64, true),
  attentionCase(1, 40, 1, 132),
  attentionCase(1, 197, 1, 12, true),
  attentionCase(1, 257, 1, 4),
  attentionCase(1, 577, 1, 4, true),
  halfCase(attentionCase(2, 17, 2, 64)),
  halfCase(attentionCase(1, 33, 2, 36, true)),
  {
    ...attentionCase(1, 33, 1, 8, true),
    name: 'large scores',
    inputs: [normal([1, 33, 24], { scale: 6 })],
    tolerance: 2e-4,
  },
];

export const benchmarks = [
  attentionCase(32, 77, 8, 64),
  attentionCase(32, 77, 8, 64, true),
  attentionCase(8, 50, 12, 64),
  attentionCase(8, 82, 40, 64),
  attentionCase(2, 577, 4, 64),
  attentionCase(256, 17, 2, 64),
  attentionCase(256, 16, 2, 64, true),
];
