import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, type OpDefinition } from '../../engine/op.ts';
import type { Tensor } from '../../graph.ts';
import { expectGalleries } from '../nearest/galleries.ts';
import { bitsOf, PANEL_ROWS } from '../pack-gallery/pack-gallery.ts';
import { galleryScoresKernel } from './gallery-scores.wgsl.ts';

interface Attributes {
  /** Rows of all shards together. */
  readonly rows: number;
}

const panelStrips = PANEL_ROWS / 8;

const definition: OpDefinition<Attributes> = {
  name: 'galleryScores',
  outputs(inputs, { rows }) {
    expectGalleries('galleryScores', inputs, rows);
    const [count] = inputs[0].shape;
    return [{ shape: [count, rows], dtype: 'f32' }];
  },
  launch({ inputs: [queries, ...galleries], outputs: [scores], attributes: { rows } }) {
    const [count, dim] = queries.shape;
    const valueBits = bitsOf(galleries[0]);
    let firstRow = 0;
    return galleries.map((gallery) => {
      const shardStrips = gallery.shape[0] * panelStrips;
      const params = { queries: count, dim4: dim / 4, shardStrips, firstRow, rows };
      firstRow += gallery.shape[0] * PANEL_ROWS;
      const grid = linearGrid(count * shardStrips, 64);
      return dispatch(galleryScoresKernel, { queries, gallery, scores }, params, grid, { valueBits });
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
