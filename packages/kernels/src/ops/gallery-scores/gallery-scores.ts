import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type OpDefinition } from '../../engine/op.ts';
import type { Tensor } from '../../graph.ts';
import { PANEL_ROWS } from '../pack-gallery/pack-gallery.ts';
import { galleryScoresKernel } from './gallery-scores.wgsl.ts';

interface Attributes {
  /** Rows of all shards together. */
  readonly rows: number;
}

const panelStrips = PANEL_ROWS / 8;

const definition: OpDefinition<Attributes> = {
  name: 'galleryScores',
  outputs(inputs, { rows }) {
    const [queries, ...galleries] = inputs;
    const [count, dim] = queries.shape;
    const fits = queries.dtype === 'f32' && queries.shape.length === 2 && dim % 4 === 0;
    expectShapes(fits, 'galleryScores', 'queries f32[q, dim] with dim a multiple of 4', inputs);
    for (const { dtype, shape } of galleries) {
      const width = dtype === 'f32' ? PANEL_ROWS : PANEL_ROWS / 2;
      const isPacked = dtype === galleries[0].dtype && shape.length === 3 && shape[1] === dim && shape[2] === width;
      const expected = `galleries as packGallery makes them, all f32[n, ${dim}, 64] or all u32[n, ${dim}, 32]`;
      expectShapes(isPacked, 'galleryScores', expected, inputs);
    }
    const panels = galleries.reduce((sum, { shape }) => sum + shape[0], 0);
    const needed = Math.ceil(rows / PANEL_ROWS);
    expectShapes(
      panels > 0 && needed === panels,
      'galleryScores',
      `galleries of ${needed} panels in all, for ${rows} rows`,
      inputs,
    );
    return [{ shape: [count, rows], dtype: 'f32' }];
  },
  launch({ inputs: [queries, ...galleries], outputs: [scores], attributes: { rows } }) {
    const [count, dim] = queries.shape;
    const half = Number(galleries[0].dtype === 'u32');
    let firstRow = 0;
    return galleries.map((gallery) => {
      const shardStrips = gallery.shape[0] * panelStrips;
      const params = { queries: count, dim4: dim / 4, shardStrips, firstRow, rows };
      firstRow += gallery.shape[0] * PANEL_ROWS;
      const grid = linearGrid(count * shardStrips, 64);
      return dispatch(galleryScoresKernel, { queries, gallery, scores }, params, grid, { half });
    });
  },
  noGradient: 'rankings are for retrieval, not for training',
};

/**
 * The score of every row of a gallery, queries times rows, summed as `nearest` sums it, to the bit.
 * @param queries [q, dim], dim a multiple of 4, below 2^15 in magnitude
 * @param galleries what `packGallery` made of the rows: one tensor, or several (shards) of which all but the last have
 *   whole panels
 * @param rows how many rows the galleries hold in all
 * @returns [q, rows]
 * @throws ShapeError
 */
export function galleryScores(queries: Tensor, galleries: readonly Tensor[], rows: number): Tensor {
  return apply(definition, [queries, ...galleries], { rows })[0];
}
