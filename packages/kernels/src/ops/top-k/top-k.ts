import { type Dispatch, dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type OpDefinition } from '../../engine/op.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { topKSelect } from './top-k.select.wgsl.ts';
import { topKTiles } from './top-k.tiles.wgsl.ts';

interface Attributes {
  readonly k: number;
}

/** Values whose largest one a thread finds. A power of two that both kernels know. */
const tile = 16;
/** Rows of at most this length fit into the workgroup memory of one selection, wherever they begin. */
const longest = 1024 - tile;
const mostSelected = 1024 / tile;

/** A row per query, `stride` values apart: the scores, or the largest values of the tiles of the level below. */
interface Level {
  readonly x: Tensor;
  readonly count: number;
  readonly stride: number;
}

/** How many tiles a row touches; where rows begin inside a tile, one more than fits. */
const tilesOf = ({ count, stride }: Level) => Math.ceil((stride % tile === 0 ? count : count + tile - 1) / tile);

const definition: OpDefinition<Attributes> = {
  name: 'topK',
  outputs(inputs, { k }) {
    const [{ shape, dtype }] = inputs;
    const fits =
      dtype === 'f32' && shape.length === 2 && Number.isInteger(k) && k >= 1 && k <= mostSelected && k <= shape[1];
    expectShapes(
      fits,
      'topK',
      `scores [queries, n] of f32 with k = ${k} in 1 to ${mostSelected}, and n at least k`,
      inputs,
    );
    return [
      { shape: [shape[0], k], dtype: 'f32' },
      { shape: [shape[0], k], dtype: 'u32' },
    ];
  },
  // The k best values lie in the k tiles with the largest maxima (of equal ones the first): every tile that comes before
  // theirs holds a better value. So climb until a row of maxima is short, select there, and descend through the tiles
  // selected, which are never more than k.
  launch({ inputs: [scores], outputs: [values, indices], attributes: { k }, used, scratch }) {
    const [queries, n] = scores.shape;
    const dispatches: Dispatch[] = [];
    const levels: Level[] = [{ x: scores, count: n, stride: n }];
    for (let below = levels[0]; below.count > longest; below = levels[levels.length - 1]) {
      const tiles = tilesOf(below);
      const tileStride = Math.ceil(tiles / tile) * tile;
      const best = scratch([queries, tileStride]);
      const params = { queries, count: below.count, stride: below.stride, tiles, tileStride };
      dispatches.push(dispatch(topKTiles, { x: below.x, best }, params, linearGrid(queries * tileStride, 64)));
      levels.push({ x: best, count: tiles, stride: tileStride });
    }
    let parents: Tensor | undefined;
    for (const level of levels.toReversed()) {
      const { x, count, stride } = level;
      const selected = Math.min(k, count);
      const isLast = x === scores;
      const bindings = {
        x,
        parents: parents ?? x,
        values: isLast && used(values) ? values : scratch([queries, selected]),
        indices: isLast && used(indices) ? indices : scratch([queries, selected], 'u32'),
      };
      const named = parents?.shape[1] ?? 0;
      const candidates4 = ((named || tilesOf(level)) * tile) / 4;
      const params = { queries, count, stride, candidates4, parents: named, selected };
      dispatches.push(dispatch(topKSelect, bindings, params, linearGrid(queries, 1)));
      parents = bindings.indices;
    }
    return dispatches;
  },
  gradient: { reason: 'rankings are for retrieval, not for training' },
};

/**
 * The k largest scores of every query: exact, equal scores by rising index. Scores must not be NaN.
 * @param scores [queries, n]
 * @param k at most 64 and at most n
 * @returns values [queries, k] in falling order, and their indices, u32 [queries, k]
 * @throws ShapeError
 */
export function topK(scores: Tensor, k: number): readonly [values: Tensor, indices: Tensor] {
  const [values, indices] = apply(definition, [scores], { k });
  return [values, indices];
}
