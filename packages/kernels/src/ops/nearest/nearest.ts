import { type Dispatch, dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type LaunchContext, type OpDefinition } from '../../engine/op.ts';
import type { Tensor } from '../../graph.ts';
import { bitsOf, PANEL_ROWS } from '../pack-gallery/pack-gallery.ts';
import { expectGalleries } from './galleries.ts';
import { nearestCandidatesKernel } from './nearest.candidates.wgsl.ts';
import { nearestOneSubgroupKernel } from './nearest.one.subgroup.wgsl.ts';
import { nearestRowsKernel } from './nearest.rows.wgsl.ts';
import { nearestSubgroupKernel } from './nearest.subgroup.wgsl.ts';
import { nearestTiledKernel } from './nearest.tiled.wgsl.ts';
import { nearestKernel } from './nearest.wgsl.ts';
import { MAX_SELECTED, selectTop } from './select-top.ts';

export { MAX_SELECTED };

interface Attributes {
  /** Rows of all shards together. */
  readonly rows: number;
  readonly k: number;
}

interface Shard {
  readonly gallery: Tensor;
  readonly shardPanels: number;
  readonly firstStrip: number;
}

/** Neighbouring rows of a panel that a thread owns; of their scores, only the largest is kept at first. */
const stripRows = 8;
const panelStrips = PANEL_ROWS / stripRows;

/** WebGPU's limit on workgroups along one axis of a grid. */
export const MAX_SHARD_PANELS = 65535;

function shardsOf(galleries: readonly Tensor[]): Shard[] {
  let firstStrip = 0;
  return galleries.map((gallery) => {
    const shard = { gallery, shardPanels: gallery.shape[0], firstStrip };
    firstStrip += shard.shardPanels * panelStrips;
    return shard;
  });
}

const definition: OpDefinition<Attributes> = {
  name: 'nearest',
  variants: {
    subgroup: ({ software, subgroupSize, features }) => software && subgroupSize === 8 && features.has('subgroups'),
    plain: ({ software }) => software && 'untimed',
    tiled: ({ software }) => (software ? 'untimed' : true),
  },
  outputs(inputs, { rows, k }) {
    const [queries, ...galleries] = inputs;
    const [count] = queries.shape;
    expectGalleries('nearest', inputs, rows);
    for (const { shape } of galleries) {
      expectShapes(
        shape[0] <= MAX_SHARD_PANELS,
        'nearest',
        `at most ${MAX_SHARD_PANELS} panels in one gallery`,
        inputs,
      );
    }
    const kFits = Number.isInteger(k) && k >= 1 && k <= Math.min(MAX_SELECTED, rows);
    expectShapes(kFits, 'nearest', `k from 1 to ${MAX_SELECTED} and at most ${rows}, the rows, not ${k}`, inputs);
    return [
      { shape: [count, k], dtype: 'f32' },
      { shape: [count, k], dtype: 'u32' },
    ];
  },
  // Of each strip only the largest score is kept at first. The k best rows lie in the k strips with the largest maxima
  // (of equal ones the first): every strip that comes before theirs holds a better row. So choose these strips, score
  // their rows again, and choose among them.
  launch(context) {
    const { inputs, outputs, attributes, used, scratch } = context;
    const [queries, ...galleries] = inputs;
    const [values, indices] = outputs;
    const { rows, k } = attributes;
    const [count, dim] = queries.shape;
    const shards = shardsOf(galleries);
    const strips = Math.ceil(rows / stripRows);
    const chosen = Math.min(k, strips);
    const valueBits = bitsOf(galleries[0]);

    const best = scratch([count, strips]);
    const largest = { values: scratch([count, chosen]), indices: scratch([count, chosen], 'u32') };
    const scores = scratch([count, chosen * stripRows]);
    const ordered = scratch([count, chosen], 'u32');
    const top = { values: used(values) ? values : scratch([count, k]), indices: scratch([count, k], 'u32') };
    return [
      ...shards.map((shard) => largestScores(context, shard, best)),
      ...selectTop(best, largest, scratch),
      ...shards.map(({ gallery, shardPanels, firstStrip }) =>
        dispatch(
          nearestCandidatesKernel,
          { queries, gallery, strips: largest.indices, scores, ordered },
          { queries: count, dim4: dim / 4, shardStrips: shardPanels * panelStrips, firstStrip, chosen, rows },
          linearGrid(count * chosen, 64),
          { valueBits },
        ),
      ),
      ...selectTop(scores, top, scratch),
      ...(used(indices)
        ? [
            dispatch(
              nearestRowsKernel,
              { places: top.indices, strips: ordered, rows: indices },
              { count: count * k, selected: k, chosen },
              linearGrid(count * k, 64),
            ),
          ]
        : []),
    ];
  },
  noGradient: 'rankings are for retrieval, not for training',
};

/** The largest score of every query in every strip of one shard. */
function largestScores(
  { inputs: [queries], variant }: LaunchContext<Attributes>,
  { gallery, shardPanels, firstStrip }: Shard,
  best: Tensor,
): Dispatch {
  const [count, dim] = queries.shape;
  const sizes = { dim4: dim / 4, firstStrip, strips: best.shape[1] };
  const params = { ...sizes, queries: count };
  const bindings = { queries, gallery, best };
  const valueBits = bitsOf(gallery);
  if (variant === 'subgroup' && count === 1) {
    return dispatch(nearestOneSubgroupKernel, { query: queries, gallery, best }, sizes, [shardPanels], { valueBits });
  }
  if (variant === 'subgroup') {
    const tile = count > 8 ? 16 : 8;
    const grid = [Math.ceil(count / tile), shardPanels] as const;
    return dispatch(nearestSubgroupKernel, bindings, params, grid, { valueBits, wide: Number(tile === 16) });
  }
  if (variant === 'tiled' && count > 16) {
    return dispatch(nearestTiledKernel, bindings, params, [Math.ceil(count / 64), shardPanels], { valueBits });
  }
  const threads = Math.ceil(count / 4) * shardPanels * panelStrips;
  return dispatch(nearestKernel, bindings, { ...params, shardPanels }, linearGrid(threads, 64), { valueBits });
}

/**
 * The k rows of a gallery with the largest scores, queries times rows, for every query: exact, equal scores by rising
 * row. Scores are summed in float32 and never written out in full. Queries and rows must be finite, and queries below
 * 2^15 in magnitude.
 * @param queries [q, dim], dim a multiple of 4
 * @param galleries what `packGallery` made of the rows: one tensor, or several (shards) of which all but the last have
 *   whole panels
 * @param rows how many rows the galleries hold in all
 * @param k at most 128, and at most `rows`
 * @returns scores [q, k] in falling order, and their rows, u32 [q, k], counted through all galleries
 * @throws ShapeError
 */
export function nearest(
  queries: Tensor,
  galleries: readonly Tensor[],
  rows: number,
  k: number,
): readonly [scores: Tensor, rows: Tensor] {
  const [scores, indices] = apply(definition, [queries, ...galleries], { rows, k });
  return [scores, indices];
}
