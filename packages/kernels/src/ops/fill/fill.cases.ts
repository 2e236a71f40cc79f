import type { OpCase } from '../../engine/case.ts';
import { fillReference } from './fill.reference.ts';
import { fill } from './fill.ts';

const fillCase = (shape: number[], value: number): OpCase => ({
  name: `[${shape}] of ${value}`,
  inputs: [],
  op: () => fill(shape, value),
  reference: () => fillReference(shape, value),
});

export const cases = [fillCase([1], 1), fillCase([5, 7], -0.25)];
export const benchmarks = [fillCase([2464, 512], 0)];
