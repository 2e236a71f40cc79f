import type { Prepared, Quantity } from './measure.ts';
import { type ByStage, meanOverCategories, type QueryValues } from './scores.ts';
import { rangesOf, type Stratum } from './space.ts';

/** How much higher each score of a stage is than one of them, in points, on the same resamples. */
export const differences = (
  name: string,
  strata: readonly Stratum[],
  values: ByStage<readonly QueryValues[]>,
  than: string,
): Quantity => ({
  name,
  prepare({ stage }): Prepared | undefined {
    const list = values[stage];
    const base = list?.find(({ of }) => of === than);
    if (!list || !base) return undefined;
    const ranges = rangesOf(strata, 'queries');
    const others = list.filter(({ of }) => of !== than);
    return {
      of: others.map(({ of }) => of),
      statistic: (draw) => {
        const score = (one: QueryValues) => 100 * meanOverCategories(one.values, ranges, draw);
        const from = score(base);
        return others.map((other) => score(other) - from);
      },
    };
  },
});
