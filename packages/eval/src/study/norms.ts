import type { Prepared, Quantity } from './measure.ts';
import type { Space } from './space.ts';
import { standardDeviation } from './spread.ts';
import { lengthsOf, meanOf } from './vectors.ts';

/**
 * The mean length of the features as the model gives them: in a plain sum, the longer feature weighs more, so that the
 * ratio of the lengths is a weight that nobody chose.
 */
export const norms: Quantity = {
  name: 'norm',
  prepare(space): Prepared {
    const lengths = Object.entries(normsOf(space)).map(([name, { values, over }]) => ({ name, values, over }));
    const { texts, references } = normsOf(space);
    const ratio = space.sameClip ? [] : ['text / reference'];
    return {
      of: [...lengths.map(({ name }) => name), ...ratio],
      statistic: (draw) => {
        const means = lengths.map(({ values, over }) => meanOf(values, draw[over]));
        if (space.sameClip) return means;
        return [...means, meanOf(texts.values, draw.queries) / meanOf(references.values, draw.queries)];
      },
    };
  },
};

/** How much the lengths of a set differ. */
export const normDeviation = standardDeviation(norms.name, (space) =>
  Object.entries(normsOf(space)).map(([of, set]) => ({ of, ...set })),
);

interface Norms {
  readonly values: Float64Array;
  readonly over: 'queries' | 'images';
}

/** The length of every feature of a space that the stage before does not have. */
export function normsOf({
  gallery,
  references,
  texts,
  queries,
  dim,
  sameClip,
}: Space): Readonly<Record<string, Norms>> {
  const of = (values: Float32Array, over: Norms['over']): Norms => ({ values: lengthsOf(values, dim), over });
  return {
    ...(!sameClip && {
      images: of(gallery, 'images'),
      references: of(references, 'queries'),
      texts: of(texts, 'queries'),
    }),
    queries: of(queries, 'queries'),
  };
}
