import { seededRandom } from '@webcir/data';
import { quantile } from './quantile.ts';

/** How many resamples of the queries are drawn (2,000 unless given), and the seed that they are drawn with. */
export interface BootstrapOptions {
  resamples?: number;
  seed: number;
}

/** A difference in percentage points. */
export interface BootstrapInterval {
  difference: number;
  /** The ends of the 95 % percentile interval. */
  low: number;
  high: number;
}

/**
 * How much higher the score of A is than that of B, as the unweighted mean over categories, with a 95 % interval from
 * a paired bootstrap over queries (Efron's percentile interval): each resample draws as many queries per category as
 * there are, with replacement, and looks at both methods on the same ones.
 *
 * @param hitsA by category, one value per query (`Metric.of`): 1 for a hit, 0 for a miss, or a mean over seeds
 * @param hitsB of the same queries in the same order
 * @throws RangeError where categories or numbers of queries differ, or one is empty
 */
export function bootstrapDifference(
  hitsA: Readonly<Record<string, ArrayLike<number>>>,
  hitsB: Readonly<Record<string, ArrayLike<number>>>,
  { resamples = 2000, seed }: BootstrapOptions,
): BootstrapInterval {
  const differences = pairedDifferences(hitsA, hitsB);
  const random = seededRandom(seed);
  const meanOver = (choose: (values: Float64Array) => number) =>
    (100 * differences.reduce((sum, values) => sum + choose(values), 0)) / differences.length;

  const means = Float64Array.from({ length: resamples }, () => meanOver((values) => resampledMean(values, random)));
  means.sort();
  return {
    difference: meanOver((values) => values.reduce((sum, value) => sum + value, 0) / values.length),
    low: quantile(means, 0.025),
    high: quantile(means, 0.975),
  };
}

function pairedDifferences(
  hitsA: Readonly<Record<string, ArrayLike<number>>>,
  hitsB: Readonly<Record<string, ArrayLike<number>>>,
): Float64Array[] {
  const categories = Object.keys(hitsA);
  const others = Object.keys(hitsB);
  if (categories.length === 0 || categories.length !== others.length) {
    throw new RangeError(`expected the same categories twice, found [${categories}] and [${others}]`);
  }
  return categories.map((category) => {
    const a = hitsA[category];
    const b = Object.hasOwn(hitsB, category) ? hitsB[category] : undefined;
    if (!b || a.length === 0 || a.length !== b.length) {
      throw new RangeError(
        `category ${category}: expected hits of the same queries twice, found ${a.length} and ${b?.length ?? 0}`,
      );
    }
    return Float64Array.from(a, (hit, query) => hit - b[query]);
  });
}

function resampledMean(values: Float64Array, random: () => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[Math.floor(random() * values.length)];
  return sum / values.length;
}
