import { normal, type OpCase, values } from '../../engine/case.ts';
import { softmaxReference } from './softmax.reference.ts';
import { softmax } from './softmax.ts';

const softmaxCase = (shape: readonly number[], scale = 1): OpCase => ({
  name: `[${shape}] of scale ${scale}`,
  inputs: [normal(shape, { scale })],
  op: softmax,
  reference: softmaxReference,
  flops: 5 * shape.reduce((product, size) => product * size, 1),
});

const given = (name: string, shape: readonly number[], data: readonly number[]): OpCase => ({
  name,
  inputs: [values(shape, data, false)],
  op: softmax,
  reference: softmaxReference,
});

export const cases = [
  softmaxCase([1]),
  softmaxCase([7, 1]),
  softmaxCase([6, 3]),
  softmaxCase([2, 5, 8]),
  softmaxCase([9, 33]), // one value more than four threads keep of a row
  softmaxCase([41, 77]),
  softmaxCase([7, 93], 4), // the maximum that a subgroup has in registers
  softmaxCase([5, 94]),
  softmaxCase([2, 257]),
  softmaxCase([5, 513], 3),
  softmaxCase([3, 700]), // more than 64 threads keep
  softmaxCase([4101, 5]), // more rows than a group of four for each of 1024
  given('values beyond what exp can take', [3, 3], [1e30, -1e30, 1e30, 89, 88, 87, -3e38, -3e38, -3e38]),
  given('rows of all sizes beside each other', [4, 3], [1e20, 1e20, 0, -1e20, -1e20, 0, 1, 2, 3, -500, 500, 500]),
];

export const benchmarks = [
  softmaxCase([19712, 77]),
  softmaxCase([8, 8, 77, 77]),
  softmaxCase([8, 12, 50, 50]),
  softmaxCase([16, 577, 577]),
];
