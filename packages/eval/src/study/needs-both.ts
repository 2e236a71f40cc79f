import type { Metric, Ranks } from '../protocols/protocol.ts';
import type { Draw, Prepared, Quantity } from './measure.ts';
import { type ByStage, meanOverCategories, type QueryValues } from './scores.ts';
import { rangesOf, type Stage, type Stratum } from './space.ts';

/** The ranks of the answers when the query is the reference, the caption, or both. */
export interface OneOrBoth {
  readonly image: readonly Ranks[];
  readonly text: readonly Ranks[];
  readonly both: readonly Ranks[];
}

/**
 * What solves a query: one half of it is enough (a shortcut, as CIRCUS calls it, 2026), only the whole is, or nothing.
 */
export const SOLVED_BY = ['image alone', 'text alone', 'either alone', 'both only', 'nobody'] as const;
export type SolvedBy = (typeof SOLVED_BY)[number];

/** What solves each query, by a metric that is 1 for a hit and 0 for a miss. */
export function solvedBy({ image, text, both }: OneOrBoth, metric: Metric): SolvedBy[] {
  return both.map((ranks, query) => {
    const [byImage, byText] = [image[query], text[query]].map((one) => metric.of(one) === 1);
    if (byImage && byText) return 'either alone';
    if (byImage) return 'image alone';
    if (byText) return 'text alone';
    return metric.of(ranks) === 1 ? 'both only' : 'nobody';
  });
}

/** What the share of the first three kinds together is called. */
export const ONE_HALF = 'one half alone';

/** A value for each kind and query, 1 for the kind that it is, and one for all that a half alone solves. */
export const kindShares = (kinds: readonly SolvedBy[]): QueryValues[] => [
  ...SOLVED_BY.map((of) => ({ of, values: kinds.map((kind) => Number(kind === of)) })),
  { of: ONE_HALF, values: kinds.map((kind) => Number(isShortcut(kind))) },
];

const isShortcut = (kind: SolvedBy): boolean => kind !== 'both only' && kind !== 'nobody';

/** The queries that no stage solves by the image alone or by the text alone: the same ones for every stage. */
export function needsBoth(kinds: ByStage<readonly SolvedBy[]>): boolean[] {
  const all = Object.values(kinds);
  return (all[0] ?? []).map((_, query) => !all.some((list) => isShortcut(list[query])));
}

/**
 * Every metric over all queries and over those that need both, and the composition gap, the difference of the two: what
 * of a score owes nothing to composition.
 */
export function recallsWhereBothAreNeeded(
  ranks: ByStage<readonly Ranks[]>,
  metrics: readonly Metric[],
  needed: readonly boolean[],
): Record<'all' | 'needed', ByStage<QueryValues[]>> {
  const valuesOf = (list: readonly Ranks[], counts: (query: number) => boolean): QueryValues[] =>
    metrics.map(({ label, of }) => ({
      of: label,
      values: list.map((one, query) => (counts(query) ? of(one) : Number.NaN)),
    }));
  const byStage = (counts: (query: number) => boolean): ByStage<QueryValues[]> =>
    Object.fromEntries(Object.entries(ranks).map(([stage, list]) => [stage as Stage, valuesOf(list, counts)]));
  return { all: byStage(() => true), needed: byStage((query) => needed[query]) };
}

/** How much lower each metric is, in points, on the queries that need both than on all of them. */
export const compositionGap = (
  strata: readonly Stratum[],
  { all, needed }: ReturnType<typeof recallsWhereBothAreNeeded>,
): Quantity => ({
  name: 'composition gap',
  prepare({ stage }): Prepared | undefined {
    const [whole, part] = [all[stage], needed[stage]];
    if (!whole || !part) return undefined;
    const ranges = rangesOf(strata, 'queries');
    const score = ({ values }: QueryValues, draw: Draw) => 100 * meanOverCategories(values, ranges, draw);
    return {
      of: whole.map(({ of }) => of),
      statistic: (draw) => whole.map((entry, i) => score(entry, draw) - score(part[i], draw)),
    };
  },
});
