import type { Prepared, Quantity } from './measure.ts';
import { pairCounts, type RandomPairs } from './pairs.ts';
import type { Space } from './space.ts';
import { type RowValues, standardDeviation } from './spread.ts';
import { cosines, dotRows, meanOf, unitRows } from './vectors.ts';

/**
 * Alignment: the mean squared distance between the unit vectors of a pair that belongs together (Wang and Isola 2020,
 * equation 2 with α = 2). 0 is perfect.
 */
export const alignment: Quantity = {
  name: 'alignment',
  prepare(space): Prepared {
    const kinds = squaredDistances(space);
    return {
      of: kinds.map(({ of }) => of),
      statistic: (draw) => kinds.map(({ values }) => meanOf(values, draw.queries)),
    };
  },
};

/** How much the squared distances differ from query to query. */
export const alignmentDeviation = standardDeviation(alignment.name, squaredDistances);

function squaredDistances({ dim, texts, queries, targets, sameClip }: Space): RowValues[] {
  const toTargets = (of: string, rows: Float32Array): RowValues => ({
    of,
    values: cosines(rows, targets, dim).map((cosine) => 2 - 2 * cosine),
    over: 'queries',
  });
  return [...(sameClip ? [] : [toTargets('texts–targets', texts)]), toTargets('queries–targets', queries)];
}

/**
 * Uniformity: the logarithm of the mean of exp(-2 |u - v|²) over pairs of a set's unit vectors (Wang and Isola 2020,
 * equation 3 with t = 2), here over random pairs of one category. The lower, the more evenly they fill the sphere.
 */
export const uniformity = (ofQueries: RandomPairs, ofImages: RandomPairs): Quantity => ({
  name: 'uniformity',
  prepare({ dim, gallery, texts, queries, targets, sameClip }): Prepared {
    const sets = [
      ...(sameClip
        ? []
        : ([
            ['images', gallery, 'images'],
            ['texts', texts, 'queries'],
            ['targets', targets, 'queries'],
          ] as const)),
      ['queries', queries, 'queries'] as const,
    ].map(([name, values, over]) => {
      const rows = unitRows(values, dim);
      const pairs = over === 'images' ? ofImages : ofQueries;
      const potentials = Float64Array.from(pairs.first, (i, at) =>
        Math.exp(-2 * (2 - 2 * dotRows(rows, i, rows, pairs.second[at], dim))),
      );
      return { name, over, potentials };
    });
    return {
      of: sets.map(({ name }) => name),
      statistic: (draw) => {
        const counts = { queries: pairCounts(ofQueries, draw.queries), images: pairCounts(ofImages, draw.images) };
        return sets.map(({ over, potentials }) => Math.log(meanOf(potentials, counts[over])));
      },
    };
  },
});
