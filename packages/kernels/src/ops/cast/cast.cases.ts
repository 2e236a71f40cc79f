import { normal, type OpCase } from '../../engine/case.ts';
import { castReference } from './cast.reference.ts';
import { cast } from './cast.ts';

/** To half precision and back, since the results of a program are in single precision. */
const castCase = (half: boolean, ...shape: number[]): OpCase => ({
  name: `[${shape}] of ${half ? 'halves' : 'floats'}`,
  inputs: [normal(shape, { half })],
  op: (x) => cast(cast(x, 'f16'), 'f32'),
  reference: castReference,
  tolerance: half ? 1e-7 : 2 ** -10,
  gradientTolerance: 2 ** -10,
  flops: shape.reduce((product, size) => product * size, 1),
});

export const cases = [castCase(true, 1), castCase(true, 3, 5), castCase(false, 7, 129), castCase(true, 300, 4)];
export const benchmarks = [castCase(false, 2464, 2048)];
