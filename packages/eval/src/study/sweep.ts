import type { Prepared, Quantity } from './measure.ts';
import { type ByStage, meanOverCategories } from './scores.ts';
import { rangesOf, type Stratum } from './space.ts';
import { dotRows, rowsOf, unitRows } from './vectors.ts';

/** The weights of the text that a sweep tries, from the reference alone to the text alone. */
export const WEIGHTS = Array.from({ length: 11 }, (_, i) => i / 10);

/** How a sweep mixes a reference and a text. */
export const MIXES = { linear: linearMix, spherical: sphericalMix } as const;
export type Mix = keyof typeof MIXES;

/**
 * (1 - weight) reference + weight text, of features as CLIP gives them: at one half, the plain sum.
 * @param references [queries, dim] @param texts [queries, dim] @returns [queries, dim]
 */
export function linearMix(references: Float32Array, texts: Float32Array, _dim: number, weight: number): Float32Array {
  return references.map((value, at) => (1 - weight) * value + weight * texts[at]);
}

/**
 * The point on the great circle from the reference to the text at `weight` of the way (Shoemake 1985; Jang et al. 2024
 * for composed retrieval), of unit vectors: here lengths do not count.
 * @param references [queries, dim] @param texts [queries, dim] @returns [queries, dim]
 */
export function sphericalMix(references: Float32Array, texts: Float32Array, dim: number, weight: number): Float32Array {
  const [from, to] = [unitRows(references, dim), unitRows(texts, dim)];
  const mixed = new Float32Array(references.length);
  for (let row = 0; row < rowsOf(references, dim); row++) {
    const angle = Math.acos(Math.max(-1, Math.min(1, dotRows(from, row, to, row, dim))));
    // Vectors that point the same way have no great circle, and nothing to mix.
    const [a, b] =
      Math.sin(angle) < 1e-9
        ? [1 - weight, weight]
        : [Math.sin((1 - weight) * angle) / Math.sin(angle), Math.sin(weight * angle) / Math.sin(angle)];
    for (let at = row * dim; at < (row + 1) * dim; at++) mixed[at] = a * from[at] + b * to[at];
  }
  return mixed;
}

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
