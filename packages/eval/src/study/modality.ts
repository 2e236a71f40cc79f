import type { Draw, Prepared, Quantity } from './measure.ts';
import type { Space } from './space.ts';
import { dotRows, meanRow, minus, unitRows } from './vectors.ts';

/** The sets of features of a space, as unit vectors, and what each is resampled over. */
interface UnitSet {
  readonly name: string;
  readonly rows: Float64Array;
  readonly over: keyof Draw;
}

/** The sets that differ from those of the stage before, and the targets, which queries are compared with. */
function unitSets({ gallery, texts, queries, targets, dim, sameClip }: Space): Record<string, UnitSet> {
  const set = (name: string, values: Float32Array, over: keyof Draw): UnitSet => ({
    name,
    rows: unitRows(values, dim),
    over,
  });
  return {
    ...(!sameClip && { images: set('images', gallery, 'images'), texts: set('texts', texts, 'queries') }),
    queries: set('queries', queries, 'queries'),
    targets: set('targets', targets, 'queries'),
  };
}

const pairsOf = ({ sameClip }: Space): readonly (readonly [a: string, b: string])[] => [
  ...(sameClip
    ? []
    : ([
        ['images', 'texts'],
        ['texts', 'targets'],
      ] as const)),
  ['queries', 'targets'],
];

/** A number for each pair of sets, out of the means of their unit vectors. */
const betweenMeans = (name: string, of: (a: Float64Array, b: Float64Array, dim: number) => number): Quantity => ({
  name,
  prepare(space): Prepared {
    const sets = unitSets(space);
    const pairs = pairsOf(space);
    return {
      of: pairs.map((pair) => pair.join('–')),
      statistic: (draw) => {
        const means = Object.fromEntries(
          Object.values(sets).map(({ name, rows, over }) => [name, meanRow(rows, space.dim, draw[over])]),
        );
        return pairs.map(([a, b]) => of(means[a], means[b], space.dim));
      },
    };
  },
});

/** The modality gap: the distance between the means of the unit vectors of two sets (Liang et al. 2022, section 2). */
export const gap = betweenMeans('gap', (a, b, dim) => {
  const difference = minus(a, b);
  return Math.sqrt(dotRows(difference, 0, difference, 0, dim));
});

/** The angle between the means of the unit vectors of two sets, in degrees. */
export const angle = betweenMeans('angle', (a, b, dim) => {
  const cosine = dotRows(a, 0, b, 0, dim) / Math.sqrt(dotRows(a, 0, a, 0, dim) * dotRows(b, 0, b, 0, dim));
  return (180 / Math.PI) * Math.acos(Math.max(-1, Math.min(1, cosine)));
});

/**
 * How narrow a cone the features of a set fill: the mean cosine over all pairs of different ones (Liang et al. 2022,
 * section 2.2). 0 where they point everywhere, 1 where they all point the same way.
 */
export const coneWidth: Quantity = {
  name: 'mean cosine within',
  prepare(space): Prepared {
    const sets = Object.values(unitSets(space)).filter(({ name }) => !space.sameClip || name === 'queries');
    return {
      of: sets.map(({ name }) => name),
      statistic: (draw) => sets.map(({ rows, over }) => meanCosine(rows, space.dim, draw[over])),
    };
  },
};

/**
 * Σ over i ≠ j of u_i · u_j, over the number of such pairs, without visiting the pairs: |Σ u|² holds them all, and a 1
 * for each vector with itself or with a copy of itself.
 */
function meanCosine(units: Float64Array, dim: number, counts: Float64Array): number {
  const mean = meanRow(units, dim, counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const copies = counts.reduce((sum, count) => sum + count ** 2, 0);
  return (total ** 2 * dotRows(mean, 0, mean, 0, dim) - copies) / (total ** 2 - copies);
}
