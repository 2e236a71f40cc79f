import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Shape, type Tensor } from '../../graph.ts';
import { averagePoolBackwardKernel } from './average-pool.backward.wgsl.ts';
import { averagePoolKernel } from './average-pool.wgsl.ts';

interface Attributes {
  readonly size: number;
  /** The shape of x. */
  readonly shape: Shape;
}

const pooled = ([batch, height, width, channels]: Shape, size: number) => [
  batch,
  Math.floor(height / size),
  Math.floor(width / size),
  channels,
];

const paramsOf = ({ shape, size }: Attributes) => {
  const [, height, width, channels] = shape;
  const [, outHeight, outWidth] = pooled(shape, size);
  return { outHeight, outWidth, height, width, channels, size };
};

const definition: OpDefinition<Attributes> = {
  name: 'averagePool',
  outputs(inputs, { size }) {
    const [{ shape, dtype }] = inputs;
    const valid = Number.isInteger(size) && size > 0;
    const fits = dtype === 'f32' && shape.length === 4 && valid && shape[1] >= size && shape[2] >= size;
    expectShapes(fits, 'averagePool', `x f32[batch, height, width, channels] that holds a window of ${size}`, inputs);
    return [{ shape: pooled(shape, size), dtype: 'f32' }];
  },
  launch({ inputs: [x], outputs: [y], attributes }) {
    const count = elements(y.shape) / y.shape[2];
    return [dispatch(averagePoolKernel, { x, y }, { ...paramsOf(attributes), count }, linearGrid(count, 64))];
  },
};

export const averagePoolGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ attributes }, [dy]) {
    return dy ? [apply(backward, [dy], attributes)[0]] : [];
  },
};

const backward: OpDefinition<Attributes> = {
  name: 'averagePool.backward',
  outputs: (_, { shape }) => [{ shape, dtype: 'f32' }],
  launch({ inputs: [dy], outputs: [dx], attributes }) {
    const count = elements(dx.shape) / dx.shape[2];
    return [dispatch(averagePoolBackwardKernel, { dy, dx }, { ...paramsOf(attributes), count }, linearGrid(count, 64))];
  },
  noGradient: firstOrderOnly,
};

/**
 * Averages square windows that do not overlap, as torch's `AvgPool2d(size)`: rows and columns that are left over are
 * dropped.
 * @param x [batch, height, width, channels]
 * @param size height, width and stride of the window, in pixels
 * @returns [batch, floor(height / size), floor(width / size), channels]
 * @throws ShapeError
 */
export function averagePool(x: Tensor, size: number): Tensor {
  return apply(definition, [x], { size, shape: x.shape })[0];
}
