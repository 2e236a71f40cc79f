import { cosines } from './cosine.ts';

/** The rows that fit a query best, best first; equal scores keep the order of the rows. */
export interface TopRows {
  readonly rows: number[];
  readonly scores: number[];
}

/**
 * Ranks a gallery in JavaScript: for the rare search that leaves out more images than the device finds at once.
 * @param features [rows, embed]
 * @param query [embed]; neither has to be normalized
 */
export function topRows(
  features: Float32Array,
  query: Float32Array,
  k: number,
  isWanted: (row: number) => boolean,
): TopRows {
  const all = cosines(features, query);
  const ranked: { row: number; score: number }[] = [];
  for (const [row, score] of all.entries()) {
    if (!isWanted(row)) continue;
    if (ranked.length === k && score <= ranked[k - 1].score) continue;
    const place = ranked.findIndex((other) => other.score < score);
    ranked.splice(place < 0 ? ranked.length : place, 0, { row, score });
    ranked.length = Math.min(ranked.length, k);
  }
  return { rows: ranked.map(({ row }) => row), scores: ranked.map(({ score }) => score) };
}
