import { dispatch } from '../../engine/kernel.ts';
import { apply, expectShapes, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { sumSlices } from '../sum/sum.ts';
import { nonFiniteKernel } from './non-finite.wgsl.ts';

const maxSlices = 4096;

const definition: OpDefinition<object> = {
  name: 'nonFinite',
  outputs(inputs) {
    expectShapes(inputs[0].dtype === 'f32', 'nonFinite', 'x of f32', inputs);
    return [{ shape: [1], dtype: 'f32' }];
  },
  launch({ inputs: [x], outputs: [found], scratch }) {
    const count = elements(x.shape);
    const slices = Math.min(maxSlices, Math.ceil(count / 4));
    const part = scratch([slices, 1]);
    const grid = [Math.ceil(slices / nonFiniteKernel.workgroupSize[0])] as const;
    return [dispatch(nonFiniteKernel, { x, part }, { count, slices }, grid), sumSlices(part, found)];
  },
  noGradient: 'it counts',
};

/**
 * How many values are infinite or not a number: not 0 where gradients overflowed.
 * @returns [1]; exact up to 2^24 of them, and never 0 where there is one
 * @throws ShapeError
 */
export const nonFinite = (x: Tensor): Tensor => apply(definition, [x], {})[0];
