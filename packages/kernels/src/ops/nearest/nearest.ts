import { type Dispatch, dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type LaunchContext, type OpDefinition } from '../../engine/op.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { PANEL_ROWS } from '../pack-gallery/pack-gallery.ts';
import { MAX_SELECTED, selectTop } from '../top-k/select-top.ts';
import { nearestCandidates } from './nearest.candidates.wgsl.ts';
import { nearestOneSubgroup } from './nearest.one.subgroup.wgsl.ts';
import { nearestRows } from './nearest.rows.wgsl.ts';
import { nearestSubgroup } from './nearest.subgroup.wgsl.ts';
import { nearestTiled } from './nearest.tiled.wgsl.ts';
import { nearest as nearestPlain } from './nearest.wgsl.ts';

interface Attributes {
  /** Of all shards. */
  readonly rows: number;
  readonly k: number;
}

interface Shard {
  readonly gallery: Tensor;
  readonly shardPanels: number;
  readonly firstPanel: number;
}

/** WebGPU's limit on workgroups along one axis of a grid. */
export const MAX_SHARD_PANELS = 65535;

function shardsOf(galleries: readonly Tensor[]): Shard[] {
  let firstPanel = 0;
  return galleries.map((gallery) => {
    const shard = { gallery, shardPanels: gallery.shape[0], firstPanel };
    firstPanel += shard.shardPanels;
    return shard;
  });
}

const definition: OpDefinition<Attributes> = {
  name: 'nearest',
  variants: {
    subgroup: ({ software, subgroupSize, features }) => software && subgroupSize === 8 && features.has('subgroups'),
    plain: ({ software }) => software,
    tiled: () => true,
  },
  outputs(inputs, { rows, k }) {
    const [queries, ...galleries] = inputs;
    const [count, dim] = queries.shape;
    const fits = queries.dtype === 'f32' && queries.shape.length === 2 && dim % 4 === 0;
    expectShapes(fits, 'nearest', 'queries f32[q, dim] with dim a multiple of 4', inputs);
    for (const { dtype, shape } of galleries) {
      const width = dtype === 'f32' ? PANEL_ROWS : PANEL_ROWS / 2;
      const isPacked = dtype === galleries[0].dtype && shape.length === 3 && shape[1] === dim && shape[2] === width;
      expectShapes(
        isPacked,
        'nearest',
        `galleries as packGallery makes them, all f32[n, ${dim}, 64] or all u32[n, ${dim}, 32]`,
        inputs,
      );
      expectShapes(
        shape[0] <= MAX_SHARD_PANELS,
        'nearest',
        `at most ${MAX_SHARD_PANELS} panels in one gallery`,
        inputs,
      );
    }
    const panels = galleries.reduce((sum, { shape }) => sum + shape[0], 0);
    expectShapes(
      panels > 0 && Math.ceil(rows / PANEL_ROWS) === panels,
      'nearest',
      `galleries of ${Math.ceil(rows / PANEL_ROWS)} panels in all, for ${rows} rows`,
      inputs,
    );
    const kFits = Number.isInteger(k) && k >= 1 && k <= Math.min(MAX_SELECTED, rows);
    expectShapes(kFits, 'nearest', `k from 1 to ${MAX_SELECTED} and at most ${rows}, the rows, not ${k}`, inputs);
    return [
      { shape: [count, k], dtype: 'f32' },
      { shape: [count, k], dtype: 'u32' },
    ];
  },
  // Of each panel only the largest score is kept at first. The k best rows lie in the k panels with the largest maxima (of equal
  // ones the first): every panel that comes before theirs holds a better row. So choose these panels, score their rows
  // again, and choose among them.
  launch(context) {
    const { inputs, outputs, attributes, used, scratch } = context;
    const [queries, ...galleries] = inputs;
    const [values, indices] = outputs;
    const { rows, k } = attributes;
    const [count, dim] = queries.shape;
    const shards = shardsOf(galleries);
    const panels = Math.ceil(rows / PANEL_ROWS);
    const chosen = Math.min(k, panels);
    const half = Number(galleries[0].dtype === 'u32');

    const best = scratch([count, panels]);
    const chosenPanels = scratch([count, chosen], 'u32');
    const scores = scratch([count, chosen * PANEL_ROWS]);
    const ordered = scratch([count, chosen], 'u32');
    const places = scratch([count, k], 'u32');
    return [
      ...shards.map((shard) => largestScores(context, shard, best)),
      ...selectTop(best, { values: scratch([count, chosen]), indices: chosenPanels }, scratch),
      ...shards.map(({ gallery, shardPanels, firstPanel }) =>
        dispatch(
          nearestCandidates,
          { queries, gallery, panels: chosenPanels, scores, ordered },
          { queries: count, dim4: dim / 4, shardPanels, firstPanel, chosen, rows },
          linearGrid(count * chosen * 8, 64),
          { half },
        ),
      ),
      ...selectTop(scores, { values: used(values) ? values : scratch([count, k]), indices: places }, scratch),
      ...(used(indices)
        ? [
            dispatch(
              nearestRows,
              { places, panels: ordered, rows: indices },
              { count: count * k, selected: k, chosen },
              linearGrid(count * k, 64),
            ),
          ]
        : []),
    ];
  },
  gradient: { reason: 'rankings are for retrieval, not for training' },
};

/** Of every query in every panel of one shard. */
function largestScores(
  { inputs: [queries], variant }: LaunchContext<Attributes>,
  { gallery, shardPanels, firstPanel }: Shard,
  best: Tensor,
): Dispatch {
  const [count, dim] = queries.shape;
  const dim4 = dim / 4;
  const half = Number(gallery.dtype === 'u32');
  const params = { queries: count, dim4, firstPanel, panels: best.shape[1] };
  if (variant === 'subgroup' && count === 1) {
    return dispatch(nearestOneSubgroup, { query: queries, gallery, best }, { dim4, firstPanel }, [shardPanels], {
      half,
    });
  }
  if (variant === 'subgroup') {
    const wide = count > 8;
    const grid = [Math.ceil(count / (wide ? 16 : 8)), shardPanels] as const;
    return dispatch(nearestSubgroup, { queries, gallery, best }, params, grid, { half, wide: Number(wide) });
  }
  if (variant === 'tiled' && count > 16) {
    return dispatch(nearestTiled, { queries, gallery, best }, params, [Math.ceil(count / 64), shardPanels], { half });
  }
  const threads = Math.ceil(count / 4) * shardPanels * 8;
  return dispatch(nearestPlain, { queries, gallery, best }, { ...params, shardPanels }, linearGrid(threads, 64), {
    half,
  });
}

/**
 * The k rows of a gallery with the largest scores, queries times rows, for every query: exact, equal scores by rising row. Scores are
 * summed in float32 and never written out in full. Queries and rows must be finite, and queries below 2^15 in magnitude.
 * @param queries [q, dim], dim a multiple of 4
 * @param galleries what `packGallery` made of the rows: one tensor, or several (shards) of which all but the last have whole panels
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
