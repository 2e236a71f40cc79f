import { index, type OpCase } from '../../engine/case.ts';
import { leastAlphaReference } from './least-alpha.reference.ts';
import { leastAlpha } from './least-alpha.ts';

const leastAlphaCase = (...shape: number[]): OpCase => ({
  name: `[${shape}]`,
  inputs: [index(shape, 2 ** 32)],
  op: leastAlpha,
  reference: leastAlphaReference,
  tolerance: 1e-11, // to the bit
  flops: shape.reduce((product, size) => product * size, 1),
});

export const cases = [
  leastAlphaCase(1),
  leastAlphaCase(7, 9),
  leastAlphaCase(65),
  leastAlphaCase(129, 128),
  leastAlphaCase(131, 127),
];
export const benchmarks = [leastAlphaCase(1080, 1920)];
