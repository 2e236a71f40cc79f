import { type Random, seededRandom, shuffled } from '@webcir/data';
import { rangesOf, type Stratum } from './space.ts';

/** Some pairs of different rows, for quantities over all pairs, of which there are too many. */
export interface RandomPairs {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
}

/** How many partners each row is given. */
const PARTNERS = 4;

/**
 * Pairs every row with up to four random others of its category, each of which is a partner as often as a first.
 * The same seed gives the same pairs, so that every space is looked at through the same ones.
 */
export function randomPairs(strata: readonly Stratum[], what: 'queries' | 'images', seed: number): RandomPairs {
  const random = seededRandom(seed);
  const pairs = rangesOf(strata, what).flatMap(({ start, end }) => pairsWithin(start, end, random));
  return { first: Uint32Array.from(pairs, ([i]) => i), second: Uint32Array.from(pairs, ([, j]) => j) };
}

/** Rows in a ring of random order: partners are those a few different steps further on. */
function pairsWithin(start: number, end: number, random: Random): (readonly [number, number])[] {
  const size = end - start;
  const ring = shuffled(
    Array.from({ length: size }, (_, i) => start + i),
    random,
  );
  return Array.from({ length: Math.min(PARTNERS, size - 1) }, (_, step) => step + 1).flatMap((step) =>
    ring.map((row, at) => [row, ring[(at + step) % size]] as const),
  );
}

/** How often a resample holds each pair: both of its rows must be drawn, and a row is no pair with its copies. */
export const pairCounts = ({ first, second }: RandomPairs, counts: Float64Array): Float64Array =>
  Float64Array.from(first, (row, i) => counts[row] * counts[second[i]]);
