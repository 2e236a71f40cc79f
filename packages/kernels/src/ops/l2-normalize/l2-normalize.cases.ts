import { normal, type OpCase, values } from '../../engine/case.ts';
import { l2NormalizeReference } from './l2-normalize.reference.ts';
import { l2Normalize } from './l2-normalize.ts';

const normalizeCase = (shape: number[], { scale = 1, epsilon = 1e-12 } = {}): OpCase => ({
  name: `[${shape}] of scale ${scale}, epsilon ${epsilon}`,
  inputs: [normal(shape, { scale })],
  op: (x) => l2Normalize(x, { epsilon }),
  reference: (x) => l2NormalizeReference(x, epsilon),
  flops: 3 * shape.reduce((product, size) => product * size, 1),
});

export const cases = [
  normalizeCase([1]),
  normalizeCase([3, 2, 5]),
  normalizeCase([9, 37], { scale: 100 }),
  normalizeCase([5, 640]),
  normalizeCase([600, 66]),
  normalizeCase([17, 68]), // one vec4 more than four threads keep of a row
  normalizeCase([3, 1300]), // more than 64 threads keep
  normalizeCase([4, 9], { scale: 0.01, epsilon: 0.5 }),
  normalizeCase([4, 12], { scale: 0.01, epsilon: 0.5 }),
  {
    ...normalizeCase([3, 2]),
    name: 'a row of zeros',
    inputs: [values([3, 2], [3, 4, 0, 0, -1, 0], false)],
  },
  {
    ...normalizeCase([3, 2], { epsilon: 1e-3 }),
    name: 'the gradient at a row of zeros',
    inputs: [values([3, 2], [3, 4, 0, 0, -1, 0])],
  },
];

export const benchmarks = [normalizeCase([128, 640]), normalizeCase([18000, 640])];
