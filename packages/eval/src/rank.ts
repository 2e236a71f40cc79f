import type { Device } from '@webcir/kernels';
import { expectFinite, rowCount } from './features.ts';
import { type Scored, scoreShards } from './shards.ts';

/** The most gallery pictures that a query can be answered with. */
export const MAX_RANKED = 64;

/**
 * The `k` gallery pictures nearest to each query by cosine similarity, best first; equal scores keep the gallery's
 * order. The gallery is normalized here, as CLIP4Cir's `validate.py` does with its index features. One that is larger
 * than the device binds is ranked shard by shard, which misses nothing.
 *
 * @param queries `[q, dim]`
 * @param gallery `[n, dim]`, raw or normalized
 * @param k at most `MAX_RANKED`
 * @param shard how many gallery pictures are scored at once; as many as the device can, unless given. A product of another
 *   shape may round a score otherwise, so two pictures that differ in the last bit only may change places
 * @returns gallery indices `[q, min(k, n)]`
 * @throws RangeError where a length is no multiple of `dim`, the gallery is empty, a feature is not
 *   finite, or `k` is out of range
 */
export async function rankGallery(
  device: Device,
  queries: Float32Array,
  gallery: Float32Array,
  dim: number,
  k: number,
  shard?: number,
): Promise<Uint32Array> {
  return (await rankWithGroups(device, queries, gallery, dim, k, [], shard)).rankings;
}

/**
 * As `rankGallery`; also ranks the members of each query's group among themselves, by the same scores and with the same
 * rule for equal ones.
 * @param groups gallery indices per query; none at all ranks no groups
 * @returns `rankings` `[q, min(k, n)]`, and in `groups` the members of each query's group, best first
 */
export async function rankWithGroups(
  device: Device,
  queries: Float32Array,
  gallery: Float32Array,
  dim: number,
  k: number,
  groups: readonly (readonly number[])[],
  shard?: number,
): Promise<{ rankings: Uint32Array; groups: number[][] }> {
  const count = rowCount('queries', queries, dim);
  if (rowCount('gallery', gallery, dim) === 0) {
    throw new RangeError('gallery: expected at least one picture to rank, found none');
  }
  if (!Number.isInteger(k) || k < 1 || k > MAX_RANKED) {
    throw new RangeError(`k: expected a whole number from 1 to ${MAX_RANKED}, found ${k}`);
  }
  expectFinite('queries', queries, dim);
  expectFinite('gallery', gallery, dim);
  if (count === 0) return { rankings: new Uint32Array(), groups: [] };

  const ranked = Array.from({ length: count }, (): Scored[] => []);
  const ofGroups = groups.map((): Scored[] => []);
  for await (const { query, best, members } of scoreShards(device, { queries, gallery, dim, k, groups, shard })) {
    ranked[query] = [...ranked[query], ...best].sort(byScore).slice(0, k);
    ofGroups[query]?.push(...members);
  }
  const pictures = (scored: readonly Scored[]) => scored.map(({ picture }) => picture);
  return {
    rankings: Uint32Array.from(ranked.flatMap(pictures)),
    groups: ofGroups.map((members) => pictures(members.sort(byScore))),
  };
}

/** Best first; of equal scores the first in the gallery. */
const byScore = (a: Scored, b: Scored): number => b.score - a.score || a.picture - b.picture;

/** The rows of a `[rows, columns]` matrix as views, e.g. one ranking per query out of `rankGallery`. */
export function splitRows(values: Uint32Array, columns: number): Uint32Array[] {
  return Array.from({ length: rowCount('values', values, columns) }, (_, row) =>
    values.subarray(row * columns, (row + 1) * columns),
  );
}
