import { normal, type OpCase } from '../../engine/case.ts';
import { add } from '../binary/binary.ts';
import { checkpointReference } from './checkpoint.reference.ts';
import { checkpoint } from './checkpoint.ts';

// Added to itself, since a program has no view as its only work.
const checkpointCase = (shape: number[]): OpCase => ({
  name: `[${shape}]`,
  inputs: [normal(shape)],
  op: (x) => add(checkpoint(x), checkpoint(x)),
  reference: (x) => checkpointReference({ shape: x.shape, data: x.data.map((value) => 2 * value) }),
});

export const cases = [checkpointCase([5]), checkpointCase([2, 3])];
export const benchmarks = [];
