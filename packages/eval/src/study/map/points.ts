import type { Space } from '../space.ts';
import { rowsOf } from '../vectors.ts';
import type { MapKind } from './types.ts';

/**
 * Points of each kind, at most: three stages with four kinds each stay below 5,000, which UMAP lays out in half a
 * minute, and more would hide one another.
 */
export const POINTS = 400;

/** The rows of a kind that are points, at even distances, of `count` rows. */
export function sampledRows(count: number): number[] {
  const stride = Math.max(1, Math.ceil(count / POINTS));
  return Array.from({ length: Math.ceil(count / stride) }, (_, i) => i * stride);
}

/** The features of the points of a kind, as the model gives them, [points of the kind, dim]. */
export function pointsOf(space: Space, kind: MapKind): Float32Array {
  const { dim } = space;
  const rows = kind === 'images' ? space.gallery : space[kind];
  const sampled = sampledRows(rowsOf(rows, dim));
  const points = new Float32Array(sampled.length * dim);
  for (const [i, row] of sampled.entries()) points.set(rows.subarray(row * dim, (row + 1) * dim), i * dim);
  return points;
}
