import { expectFinite, rowCount } from '../rows.ts';
import { expectFilter, type Filter } from './filter.ts';
import type { Metadata, StoreRows, StoreSearch } from './store.ts';

/** What a search asks for, looked over, with all that was left unsaid. */
export interface CheckedSearch {
  readonly k: number;
  readonly offset: number;
  readonly minScore: number;
  readonly filter: Filter | undefined;
  readonly candidates: ReadonlySet<string> | undefined;
  readonly exclude: ReadonlySet<string>;
  readonly distinct: number | undefined;
}

/** For every store: what they refuse is the same. @throws RangeError naming what is out of range */
export function checkSearch(search: StoreSearch): CheckedSearch {
  const { k = 10, offset = 0, minScore = -Infinity, filter, candidates, exclude, distinct } = search;
  expectWhole('k', k, 1);
  expectWhole('offset', offset, 0);
  if (typeof minScore !== 'number' || Number.isNaN(minScore))
    throw new RangeError(`minScore: expected a cosine similarity, found ${minScore}`);
  if (distinct !== undefined && !(distinct > -1 && distinct <= 1))
    throw new RangeError(`distinct: expected a cosine similarity above -1, at most 1, found ${distinct}`);
  if (filter !== undefined) expectFilter(filter);
  return {
    k,
    offset,
    minScore,
    filter,
    candidates: candidates && new Set(candidates),
    exclude: new Set(exclude),
    distinct,
  };
}

/** The query features of a search, [dim] each. @throws RangeError where they are of another width, or not finite */
export function checkFeatures(features: Float32Array, dim: number): Float32Array[] {
  const count = rowCount('features', features, dim);
  expectFinite('features', features, dim);
  return Array.from({ length: count }, (_, query) => features.subarray(query * dim, (query + 1) * dim));
}

/** One image to be stored. */
export interface StoreRow {
  readonly id: string;
  readonly feature: Float32Array;
  readonly metadata: Metadata;
}

/**
 * Images to be stored, one for each id: the last one of those that have the same.
 * @throws RangeError naming the id whose feature is not finite, or what there is not one of for each id
 */
export function checkRows({ ids, features, metadata }: StoreRows, dim: number): StoreRow[] {
  const count = rowCount('features', features, dim);
  if (count !== ids.length) throw new RangeError(`expected ${ids.length} features, one for each id, found ${count}`);
  if (metadata !== undefined && metadata.length !== ids.length)
    throw new RangeError(`expected ${ids.length} metadata, one for each id, found ${metadata.length}`);
  expectFinite('features', features, dim, ids);
  const rows = new Map<string, StoreRow>();
  for (const [i, id] of ids.entries()) {
    if (id === '' || halfSurrogate.test(id)) throw new RangeError(`id: expected text, found ${JSON.stringify(id)}`);
    rows.delete(id);
    rows.set(id, { id, feature: features.subarray(i * dim, (i + 1) * dim), metadata: metadata?.[i] ?? {} });
  }
  return [...rows.values()];
}

/** The features of some images, one after the other, [images, dim]. */
export function joinFeatures(rows: readonly Pick<StoreRow, 'feature'>[], dim: number): Float32Array<ArrayBuffer> {
  const features = new Float32Array(rows.length * dim);
  for (const [i, { feature }] of rows.entries()) features.set(feature, i * dim);
  return features;
}

/** Images as a store takes them, and gives them. */
export const joinRows = (rows: readonly StoreRow[], dim: number): Required<StoreRows> => ({
  ids: rows.map(({ id }) => id),
  features: joinFeatures(rows, dim),
  metadata: rows.map(({ metadata }) => metadata),
});

/** UTF-8 has no place for half a surrogate pair: two ids that differ in one would become the same. */
const halfSurrogate = /\p{Surrogate}/u;

function expectWhole(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new RangeError(`${name}: expected a whole number from ${least} on, found ${value}`);
}
