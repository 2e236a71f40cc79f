import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type OpDefinition } from '../../engine/op.ts';
import type { Tensor } from '../../graph.ts';
import { packGalleryKernel } from './pack-gallery.wgsl.ts';

/** How a gallery's values are stored: float32, or IEEE half precision, in half the memory and read in half the time. */
export type GalleryStorage = 'f32' | 'f16';

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
    return [
      storage === 'f16'
        ? { shape: [panels, shape[1], PANEL_ROWS / 2], dtype: 'u32' }
        : { shape: [panels, shape[1], PANEL_ROWS], dtype: 'f32' },
    ];
  },
  launch({ inputs: [x], outputs: [panels], attributes: { storage } }) {
    const [rows, dim] = x.shape;
    const dim4 = dim / 4;
    const threads = panels.shape[0] * 8 * dim4;
    return [
      dispatch(packGalleryKernel, { x, panels }, { rows, dim4, threads }, linearGrid(threads, 64), {
        half: Number(storage === 'f16'),
      }),
    ];
  },
  noGradient: 'galleries are for retrieval, not for training',
};

/**
 * Lays a gallery out for `nearest`, in panels of `PANEL_ROWS` rows, dimension by dimension; the last panel repeats the
 * last row where it has too few. As halves, values are rounded to the nearest, ties to even; below 2^-14 in magnitude
 * they become 0, above 65,504 they become 65,504.
 * @param rows [n, dim], finite, dim a multiple of 4
 * @returns f32 [ceil(n / 64), dim, 64], or u32 [ceil(n / 64), dim, 32] with two halves to a word, the lower row in the
 *   lower bits
 * @throws ShapeError
 */
export function packGallery(rows: Tensor, storage: GalleryStorage): Tensor {
  return apply(definition, [rows], { storage })[0];
}
