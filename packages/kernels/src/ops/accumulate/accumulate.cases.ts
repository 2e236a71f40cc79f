import { fixed, type OpCase, values } from '../../engine/case.ts';
import { accumulateReference } from './accumulate.reference.ts';
import { accumulate } from './accumulate.ts';

const accumulateCase = (shape: number[], keep: number, total = fixed(shape)): OpCase => ({
  name: `[${shape}], keeping ${keep}`,
  inputs: [total, fixed(shape, { seed: 2 }), values([1], [keep], false)],
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
