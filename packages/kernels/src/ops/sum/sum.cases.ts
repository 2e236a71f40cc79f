import { normal, type OpCase } from '../../engine/case.ts';
import { cast } from '../cast/cast.ts';
import { sumReference, sumRowsReference } from './sum.reference.ts';
import { sum } from './sum.ts';

const sumCase = (shape: number[], axis: 'first' | 'last' = 'first'): OpCase => ({
  name: `[${shape}] over the ${axis} axis`,
  inputs: [normal(shape)],
  op: (x) => sum(x, axis),
  reference: axis === 'first' ? sumReference : sumRowsReference,
  flops: shape.reduce((product, size) => product * size, 1),
});

const halfCase = (...shape: number[]): OpCase => ({
  ...sumCase(shape),
  name: `[${shape}] of halves`,
  inputs: [normal(shape, { half: true })],
  op: (x) => sum(cast(x, 'f16')),
});

export const cases = [
  sumCase([1]),
  sumCase([7]),
  sumCase([5000]),
  sumCase([3, 2, 5]),
  sumCase([300, 33]),
  sumCase([300, 36]),
  sumCase([17, 4100]),
  sumCase([4, 3, 9], 'last'),
  sumCase([6], 'last'),
  halfCase(3, 4),
  halfCase(70, 3, 12),
  halfCase(3000, 8),
];
export const benchmarks = [
  sumCase([2464, 512]),
  sumCase([2464, 2048]),
  sumCase([2464, 512], 'last'),
  halfCase(2464, 2048),
];
