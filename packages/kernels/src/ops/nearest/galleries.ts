import { expectShapes } from '../../engine/op.ts';
import type { Tensor } from '../../graph.ts';
import { PANEL_ROWS, panelWords } from '../pack-gallery/pack-gallery.ts';

/**
 * Looks over the inputs of an op that reads a gallery: queries, then what `packGallery` made of its rows.
 * @param rows how many rows the galleries hold in all
 * @throws ShapeError
 */
export function expectGalleries(op: string, inputs: readonly Tensor[], rows: number): void {
  const [queries, ...galleries] = inputs;
  const [, dim] = queries.shape;
  const fits = queries.dtype === 'f32' && queries.shape.length === 2 && dim % 4 === 0;
  expectShapes(fits, op, 'queries f32[q, dim] with dim a multiple of 4', inputs);
  for (const { dtype, shape } of galleries) {
    const widths = dtype === 'f32' ? [panelWords('f32')] : [panelWords('f16'), panelWords('i8')];
    const isAlike = dtype === galleries[0].dtype && shape[2] === galleries[0].shape[2];
    const isPacked = isAlike && shape.length === 3 && shape[1] === dim && widths.includes(shape[2]);
    const expected = `galleries as packGallery makes them, all f32[n, ${dim}, 64], u32[n, ${dim}, 32] or u32[n, ${dim}, 16]`;
    expectShapes(isPacked, op, expected, inputs);
  }
  const panels = galleries.reduce((sum, { shape }) => sum + shape[0], 0);
  const needed = Math.ceil(rows / PANEL_ROWS);
  const expected = `galleries of ${needed} panels in all, for ${rows} rows`;
  expectShapes(panels > 0 && needed === panels, op, expected, inputs);
}
