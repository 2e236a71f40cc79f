import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type OpDefinition } from '../../engine/op.ts';
import type { Tensor } from '../../graph.ts';
import { packGalleryKernel } from './pack-gallery.wgsl.ts';

/**
 * How a gallery's values are stored: float32, IEEE half precision, in half the memory and read in half the time, or whole
 * numbers from -127 to 127, in a quarter.
 */
export type GalleryStorage = 'f32' | 'f16' | 'i8';

const valueBits = { f32: 32, f16: 16, i8: 8 } as const;

/** Words that 64 values take, those of a panel's dimension. */
export const panelWords = (storage: GalleryStorage): number => (PANEL_ROWS * valueBits[storage]) / 32;

/** Bits of a value in what `packGallery` made. */
export const bitsOf = ({ shape }: Tensor): number => (shape[2] * 32) / PANEL_ROWS;

interface Attributes {
  readonly storage: GalleryStorage;
}

/** Rows of a gallery that lie side by side. */
export const PANEL_ROWS = 64;

const definition: OpDefinition<Attributes> = {
  name: 'packGallery',
  outputs(inputs, { storage }) {
    const [{ shape, dtype }] = inputs;
    const fits = dtype === 'f32' && shape.length === 2 && shape[1] % 4 === 0;
    expectShapes(fits, 'packGallery', 'rows f32[n, dim] with dim a multiple of 4', inputs);
    const panels = Math.ceil(shape[0] / PANEL_ROWS);
    return [{ shape: [panels, shape[1], panelWords(storage)], dtype: storage === 'f32' ? 'f32' : 'u32' }];
  },
  launch({ inputs: [x], outputs: [panels], attributes: { storage } }) {
    const [rows, dim] = x.shape;
    const dim4 = dim / 4;
    const threads = panels.shape[0] * 8 * dim4;
    return [
      dispatch(packGalleryKernel, { x, panels }, { rows, dim4, threads }, linearGrid(threads, 64), {
        valueBits: valueBits[storage],
      }),
    ];
  },
  noGradient: 'galleries are for retrieval, not for training',
};

/**
 * Lays a gallery out for `nearest`, in panels of `PANEL_ROWS` rows, dimension by dimension; the last panel repeats the
 * last row where it has too few. As halves, values are rounded to the nearest, ties to even; below 2^-14 in magnitude
 * they become 0, above 65,504 they become 65,504. As bytes, they are rounded to whole numbers, ties to even, from -127 to
 * 127.
 * @param rows [n, dim], finite, dim a multiple of 4
 * @returns f32 [ceil(n / 64), dim, 64]; or u32 [ceil(n / 64), dim, 32] with two halves to a word, the lower row in the
 *   lower bits; or u32 [ceil(n / 64), dim, 16] with four bytes to a word, where eight rows of a dimension are followed by
 *   those of the next one, for every other dimension
 * @throws ShapeError
 */
export function packGallery(rows: Tensor, storage: GalleryStorage): Tensor {
  return apply(definition, [rows], { storage })[0];
}
