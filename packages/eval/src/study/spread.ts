import type { Draw, Prepared, Quantity } from './measure.ts';
import type { Space } from './space.ts';
import { meanOf } from './vectors.ts';

/** A value for each row of a set; one that is not a number leaves its row out. */
export interface RowValues {
  readonly of: string;
  readonly values: ArrayLike<number>;
  readonly over: keyof Draw;
}

/**
 * The standard deviation of values of which a mean is shown, over the rows themselves: how much queries differ, where
 * the interval of the mean says how well it is known.
 * @param mean name of the mean
 */
export const standardDeviation = (
  mean: string,
  valuesOf: (space: Space) => readonly RowValues[] | undefined,
): Quantity => ({
  name: `${mean}, standard deviation`,
  prepare(space): Prepared | undefined {
    const sets = valuesOf(space);
    if (!sets || sets.length === 0) return undefined;
    return {
      of: sets.map(({ of }) => of),
      statistic: (draw) => sets.map(({ values, over }) => deviationOf(values, draw[over])),
    };
  },
});

/** The standard deviation of numbers, each counted as often as `counts` says; those that are no numbers are left out. */
export function deviationOf(values: ArrayLike<number>, counts: ArrayLike<number>): number {
  const mean = meanOf(values, counts);
  let [sum, total] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    sum += counts[i] * (values[i] - mean) ** 2;
    total += counts[i];
  }
  return Math.sqrt(sum / total);
}
