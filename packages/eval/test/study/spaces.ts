import { seededRandom } from '@webcir/data';
import type { Draw } from '../../src/study/measure.ts';
import type { Space, Stratum } from '../../src/study/space.ts';

/** A space of made-up features; `given` takes the place of what it names. */
export function spaceOf(given: Partial<Space> & { readonly dim: number }, queries = 6, images = 8): Space {
  const random = seededRandom(3);
  const rows = (count: number) => Float32Array.from({ length: count * given.dim }, () => random() - 0.4);
  return {
    stage: 'base',
    sameClip: false,
    gallery: rows(images),
    references: rows(queries),
    targets: rows(queries),
    texts: rows(queries),
    queries: rows(queries),
    ...given,
  };
}

export const oneCategory = (queries: number, images = queries): Stratum[] => [{ category: 'all', queries, images }];

/** Every row once. */
export const all = (queries: number, images = queries): Draw => ({
  queries: new Float64Array(queries).fill(1),
  images: new Float64Array(images).fill(1),
});

/** Rows repeated as often as counts say: what a resample stands for. */
export function repeated(rows: ArrayLike<number>, dim: number, counts: ArrayLike<number>): number[][] {
  return Array.from({ length: counts.length }, (_, row) =>
    Array.from({ length: counts[row] }, () => Array.from({ length: dim }, (_, d) => rows[row * dim + d])),
  ).flat();
}

/** About the normal distribution, by the sum of twelve uniform numbers (Irwin and Hall). */
export const normal = (random: () => number): number => Array.from({ length: 12 }, random).reduce((a, b) => a + b) - 6;
