import { normal, type OpCase } from '../../engine/case.ts';
import { add } from '../binary/binary.ts';
import { reshapeReference } from './reshape.reference.ts';
import { reshape } from './reshape.ts';

// Added to itself, since a program has no view as its only work.
const reshapeCase = (from: number[], to: number[]): OpCase => ({
  name: `[${from}] to [${to}]`,
  inputs: [normal(from)],
  op: (x) => add(reshape(x, to), reshape(x, to)),
  reference: (x) => reshapeReference({ shape: x.shape, data: x.data.map((value) => 2 * value) }, to),
});

export const cases = [reshapeCase([6, 4], [2, 12]), reshapeCase([5], [5, 1])];
export const benchmarks = [];
