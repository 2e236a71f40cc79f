import { encodeParts } from './encode-parts.ts';
import { mixParts, moveAway } from './mix.ts';
import { prepareQuery, type QueryContext } from './prepare-query.ts';
import type { CheckedQuery } from './query.ts';
import { Faults } from './query-error.ts';
import { isBuffer, type Lookup, lookUp, type ResolvedQuery } from './resolve-query.ts';

/**
 * The query feature of one query, [embed]. Encoders and all are one program: one submit and one read-back, unless there
 * is more than one image to encode, or something to avoid that has to be encoded.
 */
export async function composeQuery(context: QueryContext, query: ResolvedQuery): Promise<Float32Array> {
  const { kind, inputs } = await prepareQuery(context, query, 0);
  const program = await context.models.composition(kind);
  return (await program.runAndRead(await inputs(), ['query'])).query;
}

/**
 * The query features of many queries of any kinds: their texts are encoded in few batches, and so are their images, and
 * what the Combiner makes of both. A query that is alone, or whose reference is in a buffer, is composed by itself.
 * @returns [queries, embed], each as `composeQuery` gives it
 * @throws QueryError naming those at fault: before anything is encoded, but for images that cannot be read
 */
export async function composeQueries(
  context: QueryContext & Lookup,
  queries: readonly CheckedQuery[],
): Promise<Float32Array> {
  const faults = new Faults();
  const resolve = await lookUp(context, queries);
  const together = new Map<number, ResolvedQuery>();
  const alone = new Map<number, ResolvedQuery>();
  for (const [i, query] of queries.entries()) {
    const resolved = faults.attempt(i, () => resolve(query));
    const isAlone = queries.length === 1 || resolved?.references.some(({ image }) => isBuffer(image));
    if (resolved) (isAlone ? alone : together).set(i, resolved);
  }
  faults.expectNone();
  const features = await composeTogether(context, together, faults);
  for (const [i, query] of alone) {
    const feature = await faults.attemptAsync(i, () => composeQuery(context, query));
    if (feature) features.set(i, feature);
  }
  faults.expectNone();
  const { embedDim } = context.config;
  const composed = new Float32Array(queries.length * embedDim);
  for (const [i, feature] of features) composed.set(feature, i * embedDim);
  return composed;
}

async function composeTogether(
  context: QueryContext,
  queries: ReadonlyMap<number, ResolvedQuery>,
  faults: Faults,
): Promise<Map<number, Float32Array>> {
  const encoded = await encodeParts(context, [...queries.values()]);
  const made = [...queries].flatMap(([i, { references, rows, weights, avoid }]) => {
    const parts = faults.attempt(i, () => ({
      image: encoded.meanOf(references),
      text: rows && encoded.textOf(rows),
      away: encoded.awayFrom(avoid),
    }));
    return parts ? [{ i, weights, ...parts }] : [];
  });
  const pairs = made.flatMap(({ i, image, text }) => (image && text ? [{ i, image, text }] : []));
  const fused = await context.models.fuse(pairs);
  const fusedOf = new Map(pairs.map(({ i }, at) => [i, fused?.[at]]));
  return new Map(
    made.map(({ i, weights, away, ...parts }) => [
      i,
      moveAway(mixParts({ ...parts, fused: fusedOf.get(i) }, weights), away),
    ]),
  );
}
