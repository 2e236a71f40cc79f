import { fixed, int8, type OpCase } from '../../engine/case.ts';
import { dequantizeReference } from './dequantize.reference.ts';
import { dequantize } from './dequantize.ts';

const dequantizeCase = (shape: number[], scales: number[]): OpCase => ({
  name: `[${shape}] by [${scales}]`,
  inputs: [int8(shape), fixed(scales)],
  op: dequantize,
  reference: dequantizeReference,
});

export const cases = [
  dequantizeCase([1], [1]),
  dequantizeCase([3, 5], [3]),
  dequantizeCase([7, 3, 2], [7]),
  dequantizeCase([2, 9, 8], [2, 9]),
  dequantizeCase([300, 68], [300]),
];

export const benchmarks = [dequantizeCase([768, 3, 32, 32], [768]), dequantizeCase([32, 20, 512], [32, 20])];
