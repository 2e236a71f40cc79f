import { type Dispatch, dispatch, linearGrid } from '../../engine/kernel.ts';
import type { LaunchContext } from '../../engine/op.ts';
import type { Tensor } from '../../graph.ts';
import { selectTopTilesKernel } from './select-top.tiles.wgsl.ts';
import { selectTopKernel } from './select-top.wgsl.ts';

/** Values whose largest one a thread finds. A power of two that both kernels know. */
const tile = 16;
/** Rows of at most this length are selected from as they are: the work of a selection grows with the square of it. */
const maxUntiled = 256 - tile;
/** The maximum k: a selection holds a tile for each value selected, 2,048 values in all. */
export const MAX_SELECTED = 2048 / tile;

/** Vectors of candidates for which the smallest selection has room: a power of two, as for all, lest there be many pipelines. */
const minCapacity = 32;

/** A row per query, `stride` values apart: the scores, or the largest values of the tiles of the level below. */
interface Level {
  readonly x: Tensor;
  readonly count: number;
  readonly stride: number;
}

/** How many tiles a row touches; where rows begin inside a tile, one more than fits. */
const tilesOf = ({ count, stride }: Level) => Math.ceil((stride % tile === 0 ? count : count + tile - 1) / tile);

/**
 * The dispatches that find the k best of scores [queries, n], in falling order, equal ones by rising index. Values of
 * the bits 0xffffffff, a NaN, come after all others.
 *
 * The k best values lie in the k tiles with the largest maxima (of equal ones the first): every tile that comes before
 * theirs holds a better value. So climb until a row of maxima is short, select there, and descend through the tiles
 * selected, which are never more than k.
 * @param results values, f32, and indices, u32, both [queries, k]
 */
export function selectTop(
  scores: Tensor,
  results: { readonly values: Tensor; readonly indices: Tensor },
  scratch: LaunchContext<object>['scratch'],
): Dispatch[] {
  const [queries, n] = scores.shape;
  const k = results.values.shape[1];
  const dispatches: Dispatch[] = [];
  const levels: Level[] = [{ x: scores, count: n, stride: n }];
  for (let below = levels[0]; below.count > maxUntiled; below = levels[levels.length - 1]) {
    const tiles = tilesOf(below);
    const tileStride = Math.ceil(tiles / tile) * tile;
    const best = scratch([queries, tileStride]);
    const params = { queries, count: below.count, stride: below.stride, tiles, tileStride };
    dispatches.push(dispatch(selectTopTilesKernel, { x: below.x, best }, params, linearGrid(queries * tileStride, 64)));
    levels.push({ x: best, count: tiles, stride: tileStride });
  }
  let parents: { readonly values: Tensor; readonly indices: Tensor } | undefined;
  for (const level of levels.toReversed()) {
    const { x, count, stride } = level;
    const selected = Math.min(k, count);
    const isLast = x === scores;
    const bindings = {
      x,
      parents: parents?.indices ?? x,
      maxima: parents?.values ?? x,
      values: isLast ? results.values : scratch([queries, selected]),
      indices: isLast ? results.indices : scratch([queries, selected], 'u32'),
    };
    const named = parents?.indices.shape[1] ?? 0;
    const candidates4 = ((named || tilesOf(level)) * tile) / 4;
    const params = { queries, count, stride, candidates4, parents: named, selected };
    const constants = { capacity: Math.max(minCapacity, 2 ** Math.ceil(Math.log2(candidates4))) };
    dispatches.push(dispatch(selectTopKernel, bindings, params, linearGrid(queries, 1), constants));
    parents = bindings;
  }
  return dispatches;
}
