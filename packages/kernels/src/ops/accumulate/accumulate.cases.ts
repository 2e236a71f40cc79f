import { type CaseInput, caseValues, normal, type OpCase, values } from '../../engine/case.ts';
import { accumulateReference } from './accumulate.reference.ts';
import { accumulate } from './accumulate.ts';

const fixed = (shape: number[], seed: number): CaseInput =>
  values(shape, [...caseValues([normal(shape)], seed)[0].data], false);

const accumulateCase = (shape: number[], keep: number, total = fixed(shape, 1)): OpCase => ({
  name: `[${shape}], keeping ${keep}`,
  inputs: [total, fixed(shape, 2), values([1], [keep], false)],
  op: accumulate,
  reference: accumulateReference,
  tolerance: 1e-6,
});

export const cases = [
  accumulateCase([1], 1),
  accumulateCase([7], 0.5),
  accumulateCase([33, 5], 1),
  { ...accumulateCase([5], 0, values([5], [1, Number.NaN, Number.POSITIVE_INFINITY, 0, 2], false)), name: 'anew' },
];
export const benchmarks = [accumulateCase([2 ** 22], 1)];
