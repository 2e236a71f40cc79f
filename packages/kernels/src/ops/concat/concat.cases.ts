import { index, normal, type OpCase } from '../../engine/case.ts';
import { concatReference } from './concat.reference.ts';
import { concat } from './concat.ts';

const concatCase = (axis: number, ...shapes: number[][]): OpCase => ({
  name: `${shapes.map((shape) => `[${shape}]`).join(' and ')} along axis ${axis}`,
  inputs: shapes.map((shape) => normal(shape)),
  op: (...tensors) => concat(tensors, axis),
  reference: (...arrays) => concatReference(arrays, axis),
});

export const cases = [
  concatCase(0, [3, 5]),
  concatCase(0, [1], [2], [5]),
  concatCase(1, [3, 4], [3, 8]),
  concatCase(1, [3, 4], [3, 1], [3, 3]),
  concatCase(1, [2, 1, 8], [2, 6, 8]),
  concatCase(2, [2, 3, 5, 2], [2, 3, 1, 2]),
  concatCase(1, [70, 512], [70, 512]),
  { ...concatCase(0, [3], [2]), name: 'u32', inputs: [index([3], 2 ** 31), index([2], 2 ** 31)] },
];
export const benchmarks = [concatCase(1, [32, 640], [32, 640]), concatCase(1, [32, 1, 768], [32, 49, 768])];
