import { linearMix, sphericalMix } from '../fusions/mixes.ts';
import type { Prepared, Quantity } from './measure.ts';
import { type ByStage, meanOverCategories } from './scores.ts';
import { rangesOf, type Stratum } from './space.ts';

/** The weights of the text that a sweep tries, from the reference alone to the text alone. */
export const WEIGHTS = Array.from({ length: 11 }, (_, i) => i / 10);

/** How a sweep mixes a reference and a text. */
export const MIXES = { linear: linearMix, spherical: sphericalMix } as const;
export type Mix = keyof typeof MIXES;

/** The hits of a sweep, for each mix and each of `WEIGHTS`: [queries] each. */
export type SweepHits = Readonly<Record<Mix, readonly ArrayLike<number>[]>>;

/** The recall at every weight, in percent. */
export const sweepRecall = (strata: readonly Stratum[], hits: ByStage<SweepHits>): Quantity => ({
  name: 'recall over the weight of the text',
  prepare({ stage }): Prepared | undefined {
    const found = hits[stage];
    if (!found) return undefined;
    const ranges = rangesOf(strata, 'queries');
    const entries = mixes.flatMap((mix) =>
      WEIGHTS.map((weight, i) => ({ of: sweepName(mix, weight), values: found[mix][i] })),
    );
    return {
      of: entries.map(({ of }) => of),
      statistic: (draw) => entries.map(({ values }) => 100 * meanOverCategories(values, ranges, draw)),
    };
  },
});

/** The name of one point of a sweep among the numbers of `sweepRecall`. */
export const sweepName = (mix: Mix, weight: number): string => `${mix}, weight ${weight.toFixed(1)}`;

/** The weight with the highest recall: the first, where several are equal. */
export const bestWeight = (strata: readonly Stratum[], hits: ByStage<SweepHits>): Quantity => ({
  name: 'best weight of the text',
  prepare({ stage }): Prepared | undefined {
    const found = hits[stage];
    if (!found) return undefined;
    const ranges = rangesOf(strata, 'queries');
    return {
      of: mixes,
      statistic: (draw) =>
        mixes.map((mix) => {
          const recalls = found[mix].map((values) => meanOverCategories(values, ranges, draw));
          return WEIGHTS[recalls.indexOf(Math.max(...recalls))];
        }),
    };
  },
});

const mixes = Object.keys(MIXES) as Mix[];
