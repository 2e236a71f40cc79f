/** A gallery ranked by one feature. */
export interface Ranking {
  /** The rows that fit best, best first. */
  readonly rows: readonly number[];
  /** Cosine similarity of every row, [rows]. */
  readonly scores: Float64Array;
  /** The rank of a row from 1 on; undefined for one that is not searched. */
  rankOf(row: number): number | undefined;
}

/**
 * @param isWanted whether a row is searched
 * @param count how many rows are wanted
 */
export function rankingOf(scores: Float64Array, isWanted: (row: number) => boolean, count: number): Ranking {
  const wanted = Array.from(scores.keys()).filter(isWanted);
  const byScore = (a: number, b: number) => scores[b] - scores[a] || a - b;
  const rows = wanted.toSorted(byScore).slice(0, count);
  return { rows, scores, rankOf: (row) => rankIn(scores, isWanted, row) };
}

/**
 * The rank of one row from 1 on, without ranking the others; undefined for one that is not searched. Of equal scores the
 * first row is before the others.
 */
export function rankIn(scores: Float64Array, isWanted: (row: number) => boolean, row: number): number | undefined {
  if (!isWanted(row)) return undefined;
  let rank = 1;
  for (const [other, score] of scores.entries()) {
    const isBefore = score > scores[row] || (score === scores[row] && other < row);
    if (isBefore && isWanted(other)) rank++;
  }
  return rank;
}

/** The ranks of one image: by the image alone, by the text alone, by both. */
export interface HalfRanks {
  readonly image: number | undefined;
  readonly text: number | undefined;
  readonly composed: number | undefined;
}

/** What a query needs to find its target within `within` results. */
export type Need = 'either' | 'image' | 'text' | 'both' | 'nothing helps';

/** Whether a query needs both of its halves (the question of the 2026 critique of composed retrieval's benchmarks). */
export function needOf(ranks: HalfRanks, within: number): Need {
  const solves = (rank: number | undefined) => rank !== undefined && rank <= within;
  if (solves(ranks.image)) return solves(ranks.text) ? 'either' : 'image';
  if (solves(ranks.text)) return 'text';
  return solves(ranks.composed) ? 'both' : 'nothing helps';
}
