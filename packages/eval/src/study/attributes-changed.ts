import type { Triplet } from '@webcir/data';
import type { QueryValues } from './scores.ts';

/**
 * A value of each query, for those whose captions change an attribute and for those that change one, two or more of
 * them: NaN for the others. Empty where the data set does not know.
 * @param values [queries]
 */
export function byAttribute(triplets: readonly Pick<Triplet, 'changed'>[], values: ArrayLike<number>): QueryValues[] {
  const changed = triplets.map((triplet) => triplet.changed ?? []);
  const names = [...new Set(changed.flat())].sort();
  const counts = [...new Set(changed.map(({ length }) => length))].filter((count) => count > 0).sort((a, b) => a - b);
  const where = (has: (attributes: readonly string[]) => boolean) =>
    changed.map((attributes, query) => (has(attributes) ? values[query] : Number.NaN));
  return [
    ...names.map((of) => ({ of, values: where((attributes) => attributes.includes(of)) })),
    ...(counts.length > 1
      ? counts.map((count) => ({
          of: count === 1 ? 'one attribute' : `${count} attributes`,
          values: where(({ length }) => length === count),
        }))
      : []),
  ];
}
