import { type CaseInput, fixed, normal, type OpCase } from '../../engine/case.ts';
import { topKReference } from './top-k.reference.ts';
import { topK } from './top-k.ts';

const topKCase = (k: number, scores: CaseInput, name = `${k} of [${scores.shape}]`): OpCase => ({
  name,
  inputs: [scores],
  op: (x) => topK(x, k),
  reference: (x) => topKReference(x, k),
  tolerance: 1e-6,
});

export const cases = [
  topKCase(1, fixed([1, 1])),
  topKCase(5, fixed([3, 5])),
  topKCase(10, fixed([4, 240])),
  topKCase(100, fixed([3, 241])),
  topKCase(10, fixed([4, 1008])),
  topKCase(64, fixed([5, 1037])),
  topKCase(64, fixed([2, 2048])),
  topKCase(7, fixed([3, 20011])),
  topKCase(64, fixed([2, 17002])),
  topKCase(128, fixed([2, 17002])),
  topKCase(9, fixed([2, 1500], { map: (_, i) => -i }), 'falling, all but one negative'),
  topKCase(33, fixed([2, 1500], { map: (_, i) => i }), 'rising'),
  topKCase(50, fixed([3, 1111], { map: Math.round }), 'equal values'),
  topKCase(64, fixed([3, 1111], { map: () => -2 }), 'one value only'),
  topKCase(6, fixed([2, 9], { map: (_, i) => (i % 2 ? -0 : 0) }), 'zeros of either sign'),
  topKCase(3, fixed([2, 5], { map: (_, i) => -3e38 + i * 1e37 }), 'the lowest floats'),
];
export const benchmarks = [topKCase(10, normal([32, 100_000])), topKCase(50, normal([8, 1_000_000]))];
