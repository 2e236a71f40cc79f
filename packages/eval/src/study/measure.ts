import { type Random, seededRandom } from '@webcir/data';
import type { BootstrapOptions } from '../bootstrap.ts';
import { quantile } from '../quantile.ts';
import { type Range, rangesOf, type Space, type Stage, type Stratum } from './space.ts';

/** How often a resample holds each query and each gallery image; the data as they are hold all of them once. */
export interface Draw {
  /** [queries] */
  readonly queries: Float64Array;
  /** [images] */
  readonly images: Float64Array;
}

/** What a quantity says of one space. */
export interface Prepared {
  /** What is measured, for instance `images` and `texts`: a name for each number. */
  readonly of: readonly string[];
  /** The numbers of a resample, in the order of `of`. */
  statistic(draw: Draw): ArrayLike<number>;
}

/** Something that can be measured in every space. */
export interface Quantity {
  readonly name: string;
  /** Fewer resamples than were asked for, where each is a lot of work. */
  readonly maxResamples?: number;
  /**
   * Whether drawing rows twice moves the statistic whatever the data are, as it lowers a rank: its interval is then
   * centred on the value.
   */
  readonly centred?: boolean;
  /** Undefined where the space has no such thing, as CLIP alone has no Combiner. */
  prepare(space: Space): Prepared | undefined;
}

/** A number with its 95 % bootstrap interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A number of one space. */
export interface Measured extends Estimate {
  readonly quantity: string;
  /** What it is measured on. */
  readonly of: string;
  readonly stage: Stage;
}

/** How much a number is higher in the space of one stage than in that of the one before, on the same resamples. */
export interface Change extends Estimate {
  readonly quantity: string;
  readonly of: string;
  readonly from: Stage;
  readonly to: Stage;
}

/** All numbers of one quantity. */
export interface Measurements {
  readonly measured: readonly Measured[];
  readonly changes: readonly Change[];
}

/**
 * Measures a quantity in every space, with 95 % intervals from one paired bootstrap (Efron's percentile intervals):
 * each resample draws as many queries and as many gallery images per category as there are, with replacement, and every
 * space is looked at through the same draw, so that the interval of a change knows that both ends saw the same data.
 * @param spaces in the order of the stages, all of the same queries and images
 */
export function measure(
  quantity: Quantity,
  spaces: readonly Space[],
  strata: readonly Stratum[],
  { resamples = 1000, seed }: BootstrapOptions,
): Measurements {
  const prepared = spaces.flatMap((space) => {
    const found = quantity.prepare(space);
    return found ? [{ stage: space.stage, ...found }] : [];
  });
  const draws = drawsOf(strata, Math.min(resamples, quantity.maxResamples ?? resamples), seed);
  const whole = everythingOnce(strata);
  const values = prepared.map(({ statistic }) => statistic(whole));
  const samples = prepared.map(({ of }) => of.map(() => [] as number[]));
  for (const draw of draws) {
    for (const [at, { statistic }] of prepared.entries()) {
      const drawn = statistic(draw);
      for (const [i, list] of samples[at].entries()) list.push(drawn[i]);
    }
  }
  const estimate = (value: number, drawn: readonly number[]) => intervalOf(value, drawn, quantity.centred ?? false);
  const measured = prepared.flatMap(({ stage, of }, at) =>
    of.map((name, i) => ({ quantity: quantity.name, of: name, stage, ...estimate(values[at][i], samples[at][i]) })),
  );
  const changes = prepared.flatMap(({ stage: to, of }, at) =>
    of.flatMap((name, i): Change[] => {
      const before = prepared.findLastIndex((other, index) => index < at && other.of.includes(name));
      if (before === -1) return [];
      const j = prepared[before].of.indexOf(name);
      const drawn = samples[at][i].map((value, sample) => value - samples[before][j][sample]);
      const names = { quantity: quantity.name, of: name, from: prepared[before].stage, to };
      return [{ ...names, ...estimate(values[at][i] - values[before][j], drawn) }];
    }),
  );
  return { measured, changes };
}

function* drawsOf(strata: readonly Stratum[], resamples: number, seed: number): Generator<Draw> {
  const random = seededRandom(seed);
  const [queries, images] = [rangesOf(strata, 'queries'), rangesOf(strata, 'images')];
  for (let i = 0; i < resamples; i++) yield { queries: drawn(queries, random), images: drawn(images, random) };
}

function drawn(ranges: readonly Range[], random: Random): Float64Array {
  const counts = new Float64Array(ranges.at(-1)!.end);
  for (const { start, end } of ranges) {
    for (let i = start; i < end; i++) counts[start + Math.floor(random() * (end - start))]++;
  }
  return counts;
}

/** The draw that leaves the data as they are. */
export function everythingOnce(strata: readonly Stratum[]): Draw {
  const ones = (what: 'queries' | 'images') => new Float64Array(rangesOf(strata, what).at(-1)!.end).fill(1);
  return { queries: ones('queries'), images: ones('images') };
}

function intervalOf(value: number, drawn: readonly number[], centred: boolean): Estimate {
  // A resample may hold no query that the number is about.
  const sorted = Float64Array.from(drawn.filter((one) => !Number.isNaN(one))).sort();
  const shift = centred ? value - sorted.reduce((sum, x) => sum + x, 0) / sorted.length : 0;
  return { value, low: quantile(sorted, 0.025) + shift, high: quantile(sorted, 0.975) + shift };
}
