import type { Prepared, Quantity } from './measure.ts';
import type { Space } from './space.ts';
import { type RowValues, standardDeviation } from './spread.ts';
import { cosines, lengthsOf, meanOf, rowsOf } from './vectors.ts';

/** What becomes of the query features when a part of the Combiner is taken out, by what is left. */
export const WITHOUT = {
  'whole Combiner': ({ learned, lambda }: Terms) => ({ learned, lambda }),
  'without the learned term': ({ lambda }: Terms) => ({ learned: undefined, lambda }),
  'without the convex term': ({ learned }: Terms) => ({ learned, lambda: undefined }),
  'λ at its mean': ({ learned, lambda }: Terms) => ({ learned, lambda: lambda.map(() => mean(lambda)) }),
  'λ = ½': ({ learned, lambda }: Terms) => ({ learned, lambda: lambda.map(() => 0.5) }),
  'convex term of the image alone': ({ learned, lambda }: Terms) => ({ learned, lambda: lambda.map(() => 0) }),
  'convex term of the text alone': ({ learned, lambda }: Terms) => ({ learned, lambda: lambda.map(() => 1) }),
} as const;

type Terms = NonNullable<Space['parts']>;

/** @returns the query features with a part of the Combiner taken out, [queries, dim] */
export function queriesWithout(space: Space, what: keyof typeof WITHOUT): Float32Array {
  const { learned, lambda } = WITHOUT[what](space.parts!);
  const convex = lambda && convexTerm(space, lambda);
  return Float32Array.from({ length: space.texts.length }, (_, at) => (learned?.[at] ?? 0) + (convex?.[at] ?? 0));
}

/** λ text + (1 - λ) reference, [queries, dim]. @param lambda [queries] */
export function convexTerm({ texts, references, dim }: Space, lambda: ArrayLike<number>): Float32Array {
  return Float32Array.from(texts, (value, at) => {
    const share = lambda[Math.floor(at / dim)];
    return share * value + (1 - share) * references[at];
  });
}

/** λ, the share of the text in the convex term: its mean and its standard deviation over the queries. */
export const lambdaOf: Quantity = {
  name: 'λ',
  prepare({ parts }): Prepared | undefined {
    if (!parts) return undefined;
    const squares = Float64Array.from(parts.lambda, (value) => value ** 2);
    return {
      of: ['mean', 'standard deviation'],
      statistic: ({ queries }) => {
        const average = meanOf(parts.lambda, queries);
        return [average, Math.sqrt(Math.max(0, meanOf(squares, queries) - average ** 2))];
      },
    };
  },
};

/**
 * How large the learned term v(c) is against the convex term: the mean of the ratio of their lengths, and of the cosine
 * between them.
 */
export const learnedTerm: Quantity = {
  name: 'learned term',
  prepare(space): Prepared | undefined {
    const terms = besideConvexTerm(space);
    return (
      terms && {
        of: terms.map(({ of }) => of),
        statistic: ({ queries }) => terms.map(({ values }) => meanOf(values, queries)),
      }
    );
  },
};

/** How much the size and the direction of the learned term differ from query to query. */
export const learnedTermDeviation = standardDeviation(learnedTerm.name, besideConvexTerm);

function besideConvexTerm(space: Space): RowValues[] | undefined {
  if (!space.parts) return undefined;
  const { learned, lambda } = space.parts;
  const convex = convexTerm(space, lambda);
  const [own, other] = [lengthsOf(learned, space.dim), lengthsOf(convex, space.dim)];
  return [
    { of: 'length / convex term', values: own.map((length, query) => length / other[query]), over: 'queries' },
    { of: 'cosine with the convex term', values: cosines(learned, convex, space.dim), over: 'queries' },
  ];
}

const mean = (values: Float32Array): number => meanOf(values, new Float64Array(rowsOf(values, 1)).fill(1));
