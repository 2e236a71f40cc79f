import { type ExactQuery, exactScores } from '../../cosine.ts';
import type { GalleryIndex } from '../../gallery-index.ts';
import { MAX_NEIGHBOURS } from '../../gallery-index.ts';
import { joinFeatures } from '../check-search.ts';
import { bestOf, byScore, kthLargest, type Scored } from './exact.ts';
import type { Segment } from './segment.ts';

/** The rows of a segment that a search may find. */
export interface Allowed {
  readonly segment: Segment;
  /** A 1 for each row that is not to be found; undefined where all may be. */
  readonly blocked: Uint8Array | undefined;
  /** How many are left. */
  readonly count: number;
}

export const allowedRows = ({ segment, blocked, count }: Allowed): Int32Array => {
  const rows = new Int32Array(count);
  for (let row = 0, at = 0; row < segment.rows; row++) if (!blocked?.[row]) rows[at++] = row;
  return rows;
};

/**
 * The best `want` of some rows for each query, scored in float64 here: for few rows.
 * @param rows in rising order
 */
export async function rankRows(
  segment: Segment,
  rows: ArrayLike<number>,
  queries: readonly ExactQuery[],
  want: number,
): Promise<Scored[][]> {
  const scores = queries.map(() => new Float64Array(rows.length));
  let start = 0;
  for await (const block of segment.blocks(rows)) {
    for (const [q, scored] of exactScores(queries, block.features).entries()) scores[q].set(scored, start);
    start += block.rows.length;
  }
  return scores.map((list) => bestOf(list, want).map((place) => ({ row: rows[place], score: list[place] })));
}

/**
 * The best `want` rows of a segment for each query: found on the device, and scored again in float64 as they are stored.
 *
 * The device's scores are off by `GalleryIndex.tolerance` at most, so that a row that it does not name can only be among the best
 * where its last score is within that of the last one that was wanted. It is then asked for as many as it can name, and
 * where that is not enough either for the scores of all rows: those that may be among the best are scored again, however
 * many. So what is found is exact for the features as they are stored, whatever the device rounds.
 * @param minScore rows below it need not be found
 */
export async function rankOnDevice(
  allowed: Allowed,
  index: GalleryIndex,
  queries: readonly ExactQuery[],
  { want, minScore }: { want: number; minScore: number },
): Promise<Scored[][]> {
  const { segment, blocked, count } = allowed;
  const isAllowed = (row: number) => !blocked?.[row];
  const enough = Math.min(want, count);
  const least = want + segment.rows - count;
  const rescored = async (rows: number[], query: ExactQuery) => {
    const [ranked] = await rankRows(
      segment,
      rows.filter(isAllowed).sort((a, b) => a - b),
      [query],
      want,
    );
    return ranked;
  };
  const ranked: (Scored[] | undefined)[] = queries.map(() => undefined);
  for (const asked of roundsOf(least, want, index)) {
    const open = queries.flatMap((_, q) => (ranked[q] ? [] : [q]));
    if (open.length === 0) break;
    const features = joinFeatures(
      open.map((q) => queries[q]),
      segment.dim,
    );
    const { k, indices, scores } = await index.search(features, asked);
    for (const [at, q] of open.entries()) {
      const query = queries[q];
      const rows = [...indices.subarray(at * k, (at + 1) * k)];
      const scoreAt = (place: number) => scores[at * k + place];
      const tolerance = index.tolerance(query.feature);
      // As many as are wanted, then those that may be better than the last of them: each is read where it lies.
      const first = await rescored(rows.slice(0, least), query);
      const limit = first.length === enough ? first[enough - 1].score - tolerance : Number.NEGATIVE_INFINITY;
      const further = rows.filter((_, place) => place >= least && scoreAt(place) >= limit);
      const best = [...first, ...(await rescored(further, query))].sort(byScore).slice(0, want);
      const unnamed = k === segment.rows ? Number.NEGATIVE_INFINITY : scoreAt(k - 1) + tolerance;
      const isSure = unnamed < minScore || (best.length === enough && best[enough - 1].score > unnamed);
      if (isSure || k === segment.rows) ranked[q] = best;
    }
  }
  for (const [q, query] of queries.entries()) {
    if (ranked[q]) continue;
    const [scores, tolerance] = [await index.scores(query.feature), index.tolerance(query.feature)];
    const last = Math.max(kthLargest(scores, enough, isAllowed) - 2 * tolerance, minScore - tolerance);
    const rows: number[] = [];
    for (let row = 0; row < scores.length; row++) if (scores[row] >= last && isAllowed(row)) rows.push(row);
    ranked[q] = await rescored(rows, query);
  }
  return ranked as Scored[][];
}

/**
 * How many rows the device is asked for, one round after the other: a few more than are needed at least, and of bytes,
 * which tell rows less well apart, twice as many; then all that it can name. Few numbers, as each has its own program.
 */
function roundsOf(least: number, want: number, { storage }: GalleryIndex): number[] {
  if (least > MAX_NEIGHBOURS) return [];
  const few = 2 ** Math.ceil(Math.log2(least + (storage === 'i8' ? want + 16 : 6)));
  return few < MAX_NEIGHBOURS ? [few, MAX_NEIGHBOURS] : [MAX_NEIGHBOURS];
}
