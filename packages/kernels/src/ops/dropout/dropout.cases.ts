import { index, normal, type OpCase } from '../../engine/case.ts';
import { dropoutReference } from './dropout.reference.ts';
import { dropout } from './dropout.ts';

const dropoutCase = (shape: number[], probability: number, stream = 0): OpCase => ({
  name: `[${shape}] with probability ${probability} in stream ${stream}`,
  inputs: [normal(shape), index([2], 2 ** 32)],
  op: (x, seed) => dropout(x, seed, { probability, stream }),
  reference: (x, seed) => dropoutReference(x, seed, probability, stream),
});

export const cases = [
  dropoutCase([1], 0.25),
  dropoutCase([3, 7], 0.5, 7),
  dropoutCase([2, 3, 512], 0.5, 2 ** 32 - 1),
  dropoutCase([130, 4], 0.9, 1),
  dropoutCase([9, 3], 0),
];
export const benchmarks = [dropoutCase([128, 2560], 0.5), dropoutCase([2464, 2048], 0.5)];
