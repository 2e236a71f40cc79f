import type { Prepared, Quantity } from './measure.ts';
import type { RandomPairs } from './pairs.ts';
import { pairCounts } from './pairs.ts';
import type { Space } from './space.ts';
import { cosines, dotRows, meanOf, meanRow, minus, rowsOf, unitRows } from './vectors.ts';

/**
 * Whether a caption's feature points from its reference to its target: the cosine of the text with target - reference,
 * of features as CLIP gives them, and of both less their means over the split, which takes out what all captions and
 * all changes share. Beside it the same with the displacement of a random other query.
 */
export const displacement = (pairs: RandomPairs): Quantity => ({
  name: 'text along target − reference',
  prepare(space): Prepared | undefined {
    if (space.sameClip) return undefined;
    const { texts, moves } = displacementRows(space);
    const centred = [texts, moves].map((rows) => lessMean(rows, space.dim));
    const kinds = [
      { name: 'raw', own: cosines(texts, moves, space.dim), random: randomCosines(texts, moves, pairs, space.dim) },
      {
        name: 'centred',
        own: cosines(centred[0], centred[1], space.dim),
        random: randomCosines(centred[0], centred[1], pairs, space.dim),
      },
    ];
    return {
      of: kinds.flatMap(({ name }) => [name, `${name}, of another query`]),
      statistic: (draw) => {
        const counts = pairCounts(pairs, draw.queries);
        return kinds.flatMap(({ own, random }) => [meanOf(own, draw.queries), meanOf(random, counts)]);
      },
    };
  },
});

function displacementRows({ texts, targets, references }: Space) {
  return { texts: Float64Array.from(texts), moves: minus(targets, references) };
}

function lessMean(rows: Float64Array, dim: number): Float64Array {
  const mean = meanRow(rows, dim, new Float64Array(rowsOf(rows, dim)).fill(1));
  return rows.map((value, at) => value - mean[at % dim]);
}

function randomCosines(a: Float64Array, b: Float64Array, { first, second }: RandomPairs, dim: number): Float64Array {
  const [unitA, unitB] = [unitRows(a, dim), unitRows(b, dim)];
  return Float64Array.from(first, (i, at) => dotRows(unitA, i, unitB, second[at], dim));
}
