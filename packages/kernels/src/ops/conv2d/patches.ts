import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, firstOrderOnly, type Gradient, type OpDefinition } from '../../engine/op.ts';
import type { Shape, Tensor } from '../../graph.ts';
import { conv2dPatchesBackwardKernel } from './conv2d.patches.backward.wgsl.ts';
import { conv2dPatchesKernel } from './conv2d.patches.wgsl.ts';

interface Attributes {
  /** The shape of the images. */
  readonly shape: Shape;
  readonly patchHeight: number;
  readonly patchWidth: number;
}

const paramsOf = ({ shape, patchHeight, patchWidth }: Attributes) => {
  const [batch, height, width, channels] = shape;
  const count = batch * height * Math.ceil(width / patchWidth);
  return { count, height, width, channels, patchHeight, patchWidth };
};

const definition: OpDefinition<Attributes> = {
  name: 'conv2d.patches',
  outputs(_, { shape: [batch, height, width, channels], patchHeight, patchWidth }) {
    const rows = Math.floor(height / patchHeight);
    const columns = Math.floor(width / patchWidth);
    return [{ shape: [batch * rows * columns, channels * patchHeight * patchWidth], dtype: 'f32' }];
  },
  launch({ inputs: [x], outputs: [y], attributes }) {
    const params = paramsOf(attributes);
    return [dispatch(conv2dPatchesKernel, { x, y }, params, linearGrid(params.count, 64))];
  },
};

export const conv2dPatchesGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ attributes }, [dy]) {
    return dy ? [apply(backward, [dy], attributes)[0]] : [];
  },
};

const backward: OpDefinition<Attributes> = {
  name: 'conv2d.patches.backward',
  outputs: (_, { shape }) => [{ shape, dtype: 'f32' }],
  launch({ inputs: [dy], outputs: [dx], attributes }) {
    const params = paramsOf(attributes);
    return [dispatch(conv2dPatchesBackwardKernel, { dy, dx }, params, linearGrid(params.count, 64))];
  },
  noGradient: firstOrderOnly,
};

/**
 * Cuts images into patches that do not overlap; rows and columns that are left over are dropped.
 * @param x [batch, height, width, channels], of at least one patch
 * @returns [batch * rows * columns of patches, channels * patchHeight * patchWidth]
 */
export function patches(x: Tensor, patchHeight: number, patchWidth: number): Tensor {
  return apply(definition, [x], { shape: x.shape, patchHeight, patchWidth })[0];
}
