import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { expectShapes, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { dequantizeKernel } from './dequantize.wgsl.ts';

export const definition: OpDefinition<object> = {
  name: 'dequantize',
  takesInt8: true,
  outputs(inputs) {
    const [x, scale] = inputs;
    const fits = x.dtype === 'i8' && scale.dtype === 'f32' && scale.shape.every((size, axis) => size === x.shape[axis]);
    expectShapes(fits, 'dequantize', "x of i8, and a scale of f32 for each of x's first axes", inputs);
    return [{ shape: x.shape, dtype: 'f32' }];
  },
  launch({ inputs: [x, scale], outputs: [y] }) {
    const count4 = Math.ceil(elements(x.shape) / 4);
    const scales = elements(scale.shape);
    const params = { count4, perScale: elements(x.shape) / scales, scales };
    return [dispatch(dequantizeKernel, { x, scale, y }, params, linearGrid(count4, 64))];
  },
  noGradient: 'weights in int8 are for searching, not for training',
};

/** Bytes and their scales. */
export interface Quantized {
  readonly values: Tensor;
  readonly scale: Tensor;
}

/**
 * What `dequantize` was given to make a tensor: an op that reads bytes itself takes these in its place, and the floats
 * are never made. Undefined for every other tensor.
 */
export function quantized({ node: { source } }: Tensor): Quantized | undefined {
  if (source.kind !== 'op' || source.definition !== definition) return undefined;
  const [values, scale] = source.inputs;
  return { values, scale };
}
