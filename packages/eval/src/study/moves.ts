import { captionTraits, frequentWords } from './caption-traits.ts';
import type { ByStage, QueryValues } from './scores.ts';

/**
 * How far the rank of each target rises from one stage to another, in doublings: 1 where it is halved, -1 where it is
 * doubled. Ranks are compared by their ratio, because from 2 to 1 is as far as from 200 to 100.
 */
export const doublings = (before: ArrayLike<number>, after: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: before.length }, (_, query) => Math.log2(before[query] / after[query]));

/** A value of each query, for those whose caption has a trait: NaN for the others. */
export const byTrait = (captions: readonly string[], values: ArrayLike<number>): QueryValues[] => [
  { of: 'all captions', values },
  ...captionTraits(captions).map(({ trait, has }) => ({ of: trait, values: where(has, values) })),
];

/** A value of each query, for those whose caption has a word that at least one in fifty has, and 20 do. */
export const byWord = (captions: readonly string[], values: ArrayLike<number>): QueryValues[] =>
  frequentWords(captions, Math.max(20, captions.length / 50)).map(({ word, has }) => ({
    of: word,
    values: where(has, values),
  }));

const where = (has: readonly boolean[], values: ArrayLike<number>): number[] =>
  has.map((is, query) => (is ? values[query] : Number.NaN));

/** A query whose target moves far. */
export interface Move {
  readonly query: number;
  /** Ranks of its target. */
  readonly before: number;
  readonly after: number;
}

/** The `count` queries whose targets rise furthest, and as many that fall furthest; those that stay are none. */
export function largestMoves(
  before: ArrayLike<number>,
  after: ArrayLike<number>,
  count: number,
): { readonly up: Move[]; readonly down: Move[] } {
  const far = doublings(before, after);
  const sorted = [...far.keys()].sort((a, b) => far[b] - far[a] || a - b);
  const moves = (queries: number[]) => queries.map((query) => ({ query, before: before[query], after: after[query] }));
  return {
    up: moves(sorted.filter((query) => far[query] > 0).slice(0, count)),
    down: moves(
      sorted
        .reverse()
        .filter((query) => far[query] < 0)
        .slice(0, count),
    ),
  };
}

/**
 * How a target's rank reacts when a query says the same in another way.
 * @param asked ranks with the captions of the data set @param other with the paraphrases; NaN where there is none
 */
export function paraphraseMoves(
  asked: ByStage<ArrayLike<number>>,
  other: ByStage<ArrayLike<number>>,
): ByStage<QueryValues[]> {
  return Object.fromEntries(
    Object.entries(asked).map(([stage, ranks]) => {
      const far = doublings(ranks, other[stage as keyof typeof other]!);
      return [
        stage,
        [
          { of: 'doublings, either way', values: far.map(Math.abs) },
          { of: 'share that moves by more than a factor of 2', values: far.map(beyondTwo) },
        ],
      ];
    }),
  );
}

const beyondTwo = (far: number): number => (Number.isNaN(far) ? far : Number(Math.abs(far) > 1));
