import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { resampleKernel } from './resample.wgsl.ts';

interface Attributes {
  readonly axis: 0 | 1;
  readonly firstLine: number;
  readonly lines: number;
  readonly premultiplies: boolean;
}

const definition: OpDefinition<Attributes> = {
  name: 'resample',
  outputs(inputs, { axis, firstLine, lines }) {
    const [x, taps] = inputs;
    const fits =
      [x, taps].every(({ shape, dtype }) => dtype === 'u32' && shape.length === 2) &&
      taps.shape[1] > 2 &&
      firstLine + lines <= x.shape[1 - axis];
    expectShapes(
      fits,
      'resample',
      `pixels u32[height, width] with lines ${firstLine} to ${firstLine + lines - 1} and taps u32[outputs, 2 + weights]`,
      inputs,
    );
    return [{ shape: axis === 1 ? [lines, taps.shape[0]] : [taps.shape[0], lines], dtype: 'u32' }];
  },
  launch({ inputs: [x, taps], outputs: [y], attributes: { axis, firstLine, premultiplies } }) {
    const width = x.shape[1];
    const threads = elements(y.shape);
    const strides =
      axis === 1
        ? { first: firstLine * width, lineStride: width, step: 1 }
        : { first: firstLine, lineStride: 1, step: width };
    const params = {
      ...strides,
      threads,
      columns: y.shape[1],
      isAcross: axis,
      tapStride: taps.shape[1],
      premultiplies: Number(premultiplies),
    };
    return [dispatch(resampleKernel, { x, taps, y }, params, linearGrid(threads, 64))];
  },
  noGradient: 'pixels are whole numbers',
};

/** Which lines of an image `resample` works on, and how. */
export interface ResampleOptions {
  /** 1: along the rows, 0: along the columns. */
  readonly axis: 0 | 1;
  /** The first row (axis 1) or column (axis 0) that is wanted; 0 unless given. */
  readonly firstLine?: number;
  /** How many are wanted; all from the first on unless given. */
  readonly lines?: number;
  /** Multiplies colours by alpha before they are summed. */
  readonly premultiplies?: boolean;
}

/**
 * One pass of Pillow's resize, bit for bit (`Resample.c`): weighted sums along the rows or the columns of an image, in
 * fixed point with 22 fraction bits, rounded and clamped to 8 bits.
 * @param pixels u32 [height, width]: red in the lowest byte, then green, blue and alpha
 * @param taps u32 [outputs, 2 + weights]: for each output the first pixel of the line, the number of pixels, and their
 *   weights (i32), whose magnitudes must add up to less than 2^23. Pixels outside of the line must not be named
 * @returns u32 [lines, outputs] along the rows, [outputs, lines] along the columns
 * @throws ShapeError
 */
export function resample(pixels: Tensor, taps: Tensor, options: ResampleOptions): Tensor {
  const { axis, firstLine = 0, premultiplies = false } = options;
  const { lines = pixels.shape[1 - axis] - firstLine } = options;
  return apply(definition, [pixels, taps], { axis, firstLine, lines, premultiplies })[0];
}
