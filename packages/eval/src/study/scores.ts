import type { Draw, Prepared, Quantity } from './measure.ts';
import { type Range, rangesOf, type Stage, type Stratum } from './space.ts';
import { standardDeviation } from './spread.ts';
import { meanOf } from './vectors.ts';

/** A value for each query; one that is not a number leaves its query out. */
export interface QueryValues {
  readonly of: string;
  /** [queries] */
  readonly values: ArrayLike<number>;
}

/** What each stage's space is given, where something beyond the features is needed. */
export type ByStage<T> = Readonly<Partial<Record<Stage, T>>>;

/** The mean over categories of the mean over each one's queries, as the protocols score recalls. */
export function meanOverCategories(values: ArrayLike<number>, ranges: readonly Range[], { queries }: Draw): number {
  const means = ranges
    .map(({ start, end }) => meanOf(values, queries, start, end))
    .filter((mean) => !Number.isNaN(mean));
  return means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

/**
 * The mean of values that were found for each query beforehand, times `scale`.
 * @param categories whether every category counts alike, as in the protocols; else every query does
 */
export const meanValue = (
  name: string,
  strata: readonly Stratum[],
  values: ByStage<readonly QueryValues[]>,
  { scale = 1, categories = true } = {},
): Quantity => ({
  name,
  prepare({ stage }): Prepared | undefined {
    const list = values[stage];
    if (!list || list.length === 0) return undefined;
    const ranges = categories
      ? rangesOf(strata, 'queries')
      : [{ start: 0, end: rangesOf(strata, 'queries').at(-1)!.end }];
    return {
      of: list.map(({ of }) => of),
      statistic: (draw) => list.map((entry) => scale * meanOverCategories(entry.values, ranges, draw)),
    };
  },
});

/** The mean over all queries of values that were found for each beforehand, and their standard deviation. */
export const meanAndDeviation = (
  name: string,
  strata: readonly Stratum[],
  values: ByStage<readonly QueryValues[]>,
): readonly [mean: Quantity, deviation: Quantity] => [
  meanValue(name, strata, values, { categories: false }),
  standardDeviation(name, ({ stage }) => values[stage]?.map((one) => ({ ...one, over: 'queries' }))),
];
