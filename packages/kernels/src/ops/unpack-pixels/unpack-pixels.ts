import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { unpackPixelsKernel } from './unpack-pixels.wgsl.ts';

const definition: OpDefinition<object> = {
  name: 'unpackPixels',
  outputs(inputs) {
    const [x, table, least] = inputs;
    const fits =
      x.dtype === 'u32' &&
      table.dtype === 'f32' &&
      elements(table.shape) === 3 * 256 &&
      (!least || (least.dtype === 'u32' && elements(least.shape) === 1));
    expectShapes(fits, 'unpackPixels', 'pixels of u32, table f32[3, 256] and, if given, least u32[1]', inputs);
    return [{ shape: [...x.shape, 3], dtype: 'f32' }];
  },
  launch({ inputs: [x, table, least], outputs: [y] }) {
    const pixels = elements(x.shape);
    const params = { pixels, unpremultiplies: Number(least !== undefined) };
    return [dispatch(unpackPixelsKernel, { x, table, least: least ?? x, y }, params, linearGrid(pixels, 64))];
  },
  noGradient: 'pixels are whole numbers',
};

/**
 * Makes floats of packed pixels. Alpha is dropped.
 * @param pixels u32, any shape: red in the lowest byte, then green, blue and alpha
 * @param table [3, 256]: what each value of red, green and blue becomes
 * @param least u32 [1], given where colours are multiplied by alpha: they are divided by it, unless this pixel is opaque
 *   (`leastAlpha` of the image that they come from)
 * @returns [...pixels.shape, 3]
 * @throws ShapeError
 */
export const unpackPixels = (pixels: Tensor, table: Tensor, least?: Tensor): Tensor =>
  apply(definition, [pixels, table, ...(least ? [least] : [])], {})[0];
