import { normal, type OpCase } from '../../engine/case.ts';
import { averagePoolReference } from './average-pool.reference.ts';
import { averagePool } from './average-pool.ts';

const poolCase = (shape: number[], size: number): OpCase => ({
  name: `[${shape}] by ${size}`,
  inputs: [normal(shape)],
  op: (x) => averagePool(x, size),
  reference: (x) => averagePoolReference(x, size),
  flops: shape.reduce((product, length) => product * length, 1),
});

export const cases = [
  poolCase([1, 1, 1, 1], 1),
  poolCase([2, 4, 6, 5], 2),
  poolCase([3, 5, 7, 3], 2),
  poolCase([2, 7, 11, 64], 3),
  poolCase([1, 4, 4, 9], 4),
];

export const benchmarks = [poolCase([8, 112, 112, 64], 2), poolCase([8, 14, 14, 1024], 2)];
