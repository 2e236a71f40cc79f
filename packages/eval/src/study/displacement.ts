import type { Prepared, Quantity } from './measure.ts';
import type { RandomPairs } from './pairs.ts';
import { pairCounts } from './pairs.ts';
import type { Space } from './space.ts';
import { standardDeviation } from './spread.ts';
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
    const kinds = displacementRows(space).map(({ name, texts, moves }) => ({
      name,
      own: cosines(texts, moves, space.dim),
      random: randomCosines(texts, moves, pairs, space.dim),
    }));
    return {
      of: kinds.flatMap(({ name }) => [name, `${name}, of another query`]),
      statistic: (draw) => {
        const counts = pairCounts(pairs, draw.queries);
        return kinds.flatMap(({ own, random }) => [meanOf(own, draw.queries), meanOf(random, counts)]);
      },
    };
  },
});

/** How much the cosine of a caption with its own step differs from query to query. */
export const displacementDeviation = standardDeviation('text along target − reference', (space) =>
  space.sameClip
    ? undefined
    : displacementRows(space).map(({ name, texts, moves }) => ({
        of: name,
        values: cosines(texts, moves, space.dim),
        over: 'queries',
      })),
);

function displacementRows({ texts, targets, references, dim }: Space) {
  const raw = { texts: Float64Array.from(texts), moves: minus(targets, references) };
  const centred = { texts: lessMean(raw.texts, dim), moves: lessMean(raw.moves, dim) };
  return [
    { name: 'raw', ...raw },
    { name: 'centred', ...centred },
  ];
}

function lessMean(rows: Float64Array, dim: number): Float64Array {
  const mean = meanRow(rows, dim, new Float64Array(rowsOf(rows, dim)).fill(1));
  return rows.map((value, at) => value - mean[at % dim]);
}

function randomCosines(a: Float64Array, b: Float64Array, { first, second }: RandomPairs, dim: number): Float64Array {
  const [unitA, unitB] = [unitRows(a, dim), unitRows(b, dim)];
  return Float64Array.from(first, (i, at) => dotRows(unitA, i, unitB, second[at], dim));
}
