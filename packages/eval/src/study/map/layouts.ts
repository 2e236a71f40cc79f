import type { NearestRows } from '../movement.ts';
import { principalPlane, project } from '../principal-plane.ts';
import type { Space } from '../space.ts';
import { rowsOf, unitRows } from '../vectors.ts';
import { closeGaps } from './close-gaps.ts';
import { pointsOf } from './points.ts';
import { KINDS, type MapLayout, type MapPanel } from './types.ts';

/** Neighbours that UMAP's graph links each point with; itself is the 15th. */
const NEIGHBOURS = 14;
/** The widest band without a point in UMAP's map: about as far as it puts linked points apart (its `spread`). */
const WIDEST_GAP = 1;

/** Finds the nearest other rows of a set of features. */
type Others = (space: Space, rows: Float32Array, k: number) => Promise<NearestRows>;

/** The points of a kind at a stage, and where they stand among those of all kinds and stages. */
interface PointSet {
  readonly rows: Float32Array;
  readonly start: number;
}

/**
 * Lays the points of all stages out together, so that all panels have the same axes: by UMAP, and by the plane of the
 * first two principal components. Points that a stage leaves where they were are laid out once.
 * @param seed of UMAP @param k neighbours that a movement is compared with
 */
export async function layoutsOf(
  spaces: readonly Space[],
  others: Others,
  seed: number,
  k: number,
): Promise<MapLayout[]> {
  const { dim } = spaces[0];
  const { sets, all } = distinctPoints(spaces);
  const units = unitRows(all, dim);
  const plane = project(units, dim, principalPlane(units, dim));
  const principal = Float64Array.from(plane.flatMap(({ x, y }) => [x, y]));
  const nearest = await others(spaces[0], all, Math.min(NEIGHBOURS, rowsOf(all, dim) - 2));
  const neighbours = await Promise.all(
    sets.map((ofStage, stage) => Promise.all(ofStage.map(({ rows }) => others(spaces[stage], rows, k)))),
  );
  const { umap } = await import('./umap.ts'); // few who import a study make a map
  return Object.entries({ UMAP: closeGaps(umap(nearest, principal, seed), WIDEST_GAP), PCA: principal }).map(
    ([name, all]) => ({
      name,
      panels: spaces.map(({ stage }, i): MapPanel => {
        const positions = positionsOf(sets[i], all, dim);
        if (i === 0) return { stage, positions };
        return {
          stage,
          positions,
          expected: expectedOf(positionsOf(sets[i - 1], all, dim), positions, neighbours[i - 1]),
        };
      }),
    }),
  );
}

/** The points of each kind at each stage, those that do not move standing in one place. */
function distinctPoints(spaces: readonly Space[]): { readonly sets: PointSet[][]; readonly all: Float32Array } {
  const { dim } = spaces[0];
  const sets: PointSet[][] = [];
  const distinct: Float32Array[] = [];
  let end = 0;
  for (const [stage, space] of spaces.entries()) {
    sets.push(
      KINDS.map((kind, i) => {
        const rows = pointsOf(space, kind);
        const before = sets[stage - 1]?.[i];
        if (before && sameValues(before.rows, rows)) return before;
        distinct.push(rows);
        const start = end;
        end += rowsOf(rows, dim);
        return { rows, start };
      }),
    );
  }
  const all = new Float32Array(end * dim);
  let at = 0;
  for (const rows of distinct) {
    all.set(rows, at);
    at += rows.length;
  }
  return { sets, all };
}

const sameValues = (a: Float32Array, b: Float32Array): boolean =>
  a.length === b.length && a.every((value, at) => value === b[at]);

/** The positions of the sets of a stage out of those of all, [points, 2]. */
const positionsOf = (sets: readonly PointSet[], all: Float64Array, dim: number): Float64Array =>
  Float64Array.from(
    sets.flatMap(({ rows, start }) => Array.from(all.subarray(2 * start, 2 * (start + rowsOf(rows, dim))))),
  );

/**
 * Where each point would lie had it moved as its neighbours of the same kind did in the mean, [points, 2].
 * @param neighbours before, of each kind
 */
export function expectedOf(
  before: Float64Array,
  after: Float64Array,
  neighbours: readonly Pick<NearestRows, 'rows'>[],
): Float64Array {
  const expected = Float64Array.from(before);
  let start = 0;
  for (const { rows } of neighbours) {
    for (const [row, others] of rows.entries()) {
      for (const axis of [0, 1]) {
        const moves = others.map((other) => after[2 * (start + other) + axis] - before[2 * (start + other) + axis]);
        expected[2 * (start + row) + axis] += moves.reduce((sum, move) => sum + move, 0) / (moves.length || 1);
      }
    }
    start += rows.length;
  }
  return expected;
}
