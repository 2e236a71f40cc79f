import type { Ranks } from './protocols/protocol.ts';

/** Gallery indices, best first; the first ranks, or the whole gallery. */
export type Ranking = ArrayLike<number>;

/** The answers to a query, as gallery indices. */
export interface Answer {
  readonly target: number;
  /** Every correct image, the target among them, where the data set knows several. */
  readonly correct?: readonly number[];
}

/**
 * Looks up the answers to a query in what was found.
 * @param group the ranking of the query's group, where the protocol has one
 */
export function ranksOf(ranking: Ranking, { target, correct }: Answer, group?: Ranking): Ranks {
  return {
    target: rankIn(ranking, target),
    ...(correct && { correct: correct.map((image) => rankIn(ranking, image)) }),
    ...(group && { group: rankIn(group, target) }),
  };
}

function rankIn(ranking: Ranking, image: number): number {
  for (let i = 0; i < ranking.length; i++) if (ranking[i] === image) return i + 1;
  return 0;
}
