import type { Prepared, Quantity } from './measure.ts';
import { pairCounts, type RandomPairs } from './pairs.ts';
import type { Space } from './space.ts';
import { cosines, dotRows, unitRows } from './vectors.ts';

/** Cosines of pairs that belong together, one for each query (NaN: it has no such pair), and of random pairs. */
export interface PairCosines {
  readonly name: string;
  /** [queries] */
  readonly positive: Float64Array;
  /** In the order of the random pairs. */
  readonly random: Float64Array;
}

/** For each query the row of another correct image in the gallery, or -1. */
export type OtherCorrect = Int32Array;

/**
 * The cosines of a space that its stage has changed: of what a query is made of with its target, and of targets with
 * other correct images of the same query, where the data set knows some.
 */
export function pairCosines(space: Space, pairs: RandomPairs, other: OtherCorrect): PairCosines[] {
  const { dim, targets, sameClip } = space;
  const unitTargets = unitRows(targets, dim);
  const withTargets = (name: string, values: Float32Array): PairCosines => {
    const rows = unitRows(values, dim);
    return {
      name,
      positive: cosines(values, targets, dim),
      random: Float64Array.from(pairs.first, (i, at) => dotRows(rows, i, unitTargets, pairs.second[at], dim)),
    };
  };
  const query = withTargets('query–target', space.queries);
  if (sameClip) return [query];
  const clip = [withTargets('reference–target', space.references), withTargets('caption–target', space.texts), query];
  if (!other.some((row) => row >= 0)) return clip;
  const unitImages = unitRows(space.gallery, dim);
  const positive = Float64Array.from(other, (row, i) =>
    row < 0 ? Number.NaN : dotRows(unitTargets, i, unitImages, row, dim),
  );
  const among = Float64Array.from(pairs.first, (i, at) => dotRows(unitTargets, i, unitTargets, pairs.second[at], dim));
  return [...clip, { name: 'target–target', positive, random: among }];
}

/** A number for each kind of pair that says how far apart positive and random pairs are. */
export const separation = (
  name: string,
  pairs: RandomPairs,
  other: OtherCorrect,
  prepareKind: (kind: PairCosines) => (positive: Float64Array, random: Float64Array) => number,
): Quantity => ({
  name,
  prepare(space): Prepared {
    const kinds = pairCosines(space, pairs, other).map((kind) => ({ name: kind.name, of: prepareKind(kind) }));
    return {
      of: kinds.map((kind) => kind.name),
      statistic: (draw) => {
        const random = pairCounts(pairs, draw.queries);
        return kinds.map(({ of }) => of(draw.queries, random));
      },
    };
  },
});

/**
 * The area under the ROC curve: the chance that a positive pair has a higher cosine than a random one, ties counting
 * half (Mann and Whitney's U over the number of comparisons).
 */
export function areaUnderCurve({ positive, random }: PairCosines) {
  const values = [...positive, ...random];
  const order = Uint32Array.from(values.keys())
    .filter((at) => !Number.isNaN(values[at]))
    .sort((a, b) => values[a] - values[b]);
  const split = positive.length;
  return (positiveCounts: ArrayLike<number>, randomCounts: ArrayLike<number>): number => {
    let [wins, below, total] = [0, 0, 0];
    for (let start = 0, end: number; start < order.length; start = end) {
      let [tiedPositive, tiedRandom] = [0, 0];
      for (end = start; end < order.length && values[order[end]] === values[order[start]]; end++) {
        const at = order[end];
        if (at < split) tiedPositive += positiveCounts[at];
        else tiedRandom += randomCounts[at - split];
      }
      wins += tiedPositive * (below + tiedRandom / 2);
      below += tiedRandom;
      total += tiedPositive;
    }
    return wins / (total * below);
  };
}

/**
 * Sensitivity d′: the distance between the two means in units of the root mean square of the two standard deviations
 * (Simpson and Fitter 1973, d_a).
 */
export const sensitivity =
  ({ positive, random }: PairCosines) =>
  (positiveCounts: ArrayLike<number>, randomCounts: ArrayLike<number>): number => {
    const [a, b] = [moments(positive, positiveCounts), moments(random, randomCounts)];
    return (a.mean - b.mean) / Math.sqrt((a.variance + b.variance) / 2);
  };

/** The means and standard deviations of both kinds of pairs. */
export const MOMENTS: Readonly<Record<string, Parameters<typeof separation>[3]>> = {
  'mean cosine, belong together':
    ({ positive }) =>
    (counts) =>
      moments(positive, counts).mean,
  'mean cosine, random':
    ({ random }) =>
    (_, counts) =>
      moments(random, counts).mean,
  'mean cosine, belong together, standard deviation':
    ({ positive }) =>
    (counts) =>
      Math.sqrt(moments(positive, counts).variance),
  'mean cosine, random, standard deviation':
    ({ random }) =>
    (_, counts) =>
      Math.sqrt(moments(random, counts).variance),
};

function moments(values: ArrayLike<number>, counts: ArrayLike<number>): { mean: number; variance: number } {
  let [total, sum, squares] = [0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) continue;
    total += counts[i];
    sum += counts[i] * values[i];
    squares += counts[i] * values[i] ** 2;
  }
  const mean = sum / total;
  return { mean, variance: squares / total - mean ** 2 };
}

/** How many bins the range of all cosines of a kind is cut into. */
const BINS = 40;

/** Two histograms over the same bins, each as shares of its own pairs. */
export interface Histograms {
  /** The edges of the bins, one more than there are bins. */
  readonly edges: readonly number[];
  readonly positive: readonly number[];
  readonly random: readonly number[];
}

/** The histograms of a kind of pair. */
export function histograms({ positive, random }: PairCosines): Histograms {
  const binOf = binning([positive, random]);
  const ones = (values: ArrayLike<number>) => new Float64Array(values.length).fill(1);
  return {
    edges: binOf.edges,
    positive: [...shares(binOf(positive), ones(positive))],
    random: [...shares(binOf(random), ones(random))],
  };
}

/** The overlap coefficient: the area that two histograms have in common, from 0 to 1. */
export function overlap({ positive, random }: PairCosines) {
  const binOf = binning([positive, random]);
  const [a, b] = [binOf(positive), binOf(random)];
  return (positiveCounts: ArrayLike<number>, randomCounts: ArrayLike<number>): number => {
    const [of, other] = [shares(a, positiveCounts), shares(b, randomCounts)];
    return of.reduce((sum, share, bin) => sum + Math.min(share, other[bin]), 0);
  };
}

/** Puts values into equal bins over their common range; -1 is the bin of what is no number. */
function binning(all: readonly Float64Array[]) {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const values of all) {
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const width = (high - low) / BINS || 1;
  const edges = Array.from({ length: BINS + 1 }, (_, i) => low + i * width);
  const binOf = (values: Float64Array) =>
    Int16Array.from(values, (value) =>
      Number.isNaN(value) ? -1 : Math.min(BINS - 1, Math.floor((value - low) / width)),
    );
  return Object.assign(binOf, { edges });
}

function shares(bins: Int16Array, counts: ArrayLike<number>): Float64Array {
  const result = new Float64Array(BINS);
  let total = 0;
  for (let i = 0; i < bins.length; i++) {
    if (bins[i] < 0) continue;
    result[bins[i]] += counts[i];
    total += counts[i];
  }
  return result.map((count) => count / total);
}
