import { type ExactQuery, exactQuery, exactScore } from '../../cosine.ts';
import type { CheckedSearch, StoreRow } from '../check-search.ts';
import type { Metadata } from '../store.ts';
import type { Ask, Executor, Row } from './executor.ts';
import { filterSql, Params } from './filter-sql.ts';
import { arrayOf, featureArray, featureOf, isStorable } from './values.ts';

/** How an HNSW index is searched. */
export interface HnswSearch {
  /** Candidates that are kept in mind, 1 to 1000: more find more of what is best, and take longer; 100 unless given. */
  readonly efSearch?: number;
  /**
   * How the search goes on where a filter left too little: in the order of the scores, or nearly so and faster;
   * 'strict_order' unless given.
   */
  readonly iterativeScan?: 'strict_order' | 'relaxed_order' | 'off';
  /** Images at which it stops, however little was found, and all are looked at instead; 20,000 unless given. */
  readonly maxScanTuples?: number;
  /** Where a filter leaves at most so many images, they are searched exactly; 20,000 unless given. */
  readonly exactRows?: number;
}

/** Where a search looks. */
export interface Place {
  readonly executor: Executor;
  readonly table: string;
  readonly dim: number;
  /** Of the type halfvec. */
  readonly oid: number;
  readonly hnsw: HnswSearch | undefined;
}

/** An image that was found. */
export interface Found {
  readonly id: string;
  /** Exact for the feature as it is stored. */
  readonly score: number;
  readonly feature: Float32Array;
  readonly metadata: Metadata;
}

/** Rows that are asked for beyond those that are wanted, for the order of the last ones is not sure. */
const further = 16;

/**
 * How far a score of the database may be from the one in float64, for it has the query in halves, of length 1 (off by
 * one part in 2^11, and by 2^-25 below 2^-14), and sums `dim` products, three times, in float32.
 */
const toleranceOf = (dim: number): number => 1.01 * 2 ** -11 + Math.sqrt(dim) * 2 ** -25 + (dim + 8) * 2 ** -22;

/**
 * The best `want` images for a query: by the index where one is to be used, else exactly.
 *
 * What the database finds is scored again in float64, with as many further rows as its rounding leaves in doubt, as the
 * flat store does. Equal scores are in the order of the ids.
 */
export async function rank(place: Place, feature: Float32Array, search: CheckedSearch, want: number): Promise<Found[]> {
  const query = exactQuery(feature);
  const { hnsw } = place;
  const ranked =
    hnsw && !(await isFew(place, search, hnsw)) ? await byIndex(place, query, search, want, hnsw) : undefined;
  return ranked ?? (await exactly(place, query, search, want));
}

/** Whether a search can only find so few that it is better to look at all of them. */
async function isFew(
  { executor, table }: Place,
  search: CheckedSearch,
  { exactRows = 20_000 }: HnswSearch,
): Promise<boolean> {
  if (search.candidates) return true;
  if (search.filter === undefined) return false;
  const params = new Params();
  const few = `SELECT FROM ${table} WHERE ${whereSql(search, params)} LIMIT ${params.add(exactRows + 1)}`;
  const [{ count }] = await executor.ask(`SELECT count(*)::int AS count FROM (${few}) AS few`, params.values);
  return (count as number) <= exactRows;
}

/**
 * @returns undefined where the index cannot know: it stopped too early, or what it found is not like the query at all,
 *   while features of zeros, which it does not have, would be better
 */
async function byIndex(
  place: Place,
  query: ExactQuery,
  search: CheckedSearch,
  want: number,
  { efSearch = 100, iterativeScan = 'strict_order', maxScanTuples = 20_000 }: HnswSearch,
): Promise<Found[] | undefined> {
  const enough = want + further;
  const params = new Params();
  const vector = vectorParam(place, query, params);
  const sql = selectSql(place, {
    distance: `feature <=> ${vector}`,
    where: whereSql(search, params),
    order: `feature <=> ${vector}`,
    limit: params.add(enough),
  });
  const settings = {
    'hnsw.ef_search': Math.min(Math.max(efSearch, enough), 1000),
    'hnsw.iterative_scan': iterativeScan,
    'hnsw.max_scan_tuples': maxScanTuples,
  };
  const set = Object.keys(settings).map((name, i) => `set_config('${name}', $${i + 1}, true)`);
  const rows = await place.executor.transaction(async (ask) => {
    await ask(`SELECT ${set.join(', ')}`, Object.values(settings).map(String));
    return ask(sql, params.values);
  });
  const ranked = scored(rows, query);
  const isWhole = ranked.length >= want && ranked[want - 1].score > 0;
  return isWhole ? cut(ranked, search, want) : undefined;
}

async function exactly(place: Place, query: ExactQuery, search: CheckedSearch, want: number): Promise<Found[]> {
  const enough = want + further;
  const tolerance = toleranceOf(place.dim);
  const first = await nearest(place.executor.ask, place, query, search, { limit: enough });
  const ranked = cut(scored(first, query), search, want);
  if (first.length < enough || query.norm === 0) return ranked;
  // What was not given is at most this good.
  const others = 1 - (first[enough - 1].distance as number) + tolerance;
  if (others < search.minScore || (ranked.length === want && ranked[want - 1].score > others)) return ranked;
  const within = Math.min((first[want - 1].distance as number) + 2 * tolerance, 1 - search.minScore + tolerance);
  return cut(scored(await nearest(place.executor.ask, place, query, search, { within }), query), search, want);
}

/** The rows that the database finds nearest: so many, or all within a distance. Zeros are as far as what is unlike. */
function nearest(
  ask: Ask,
  place: Place,
  query: ExactQuery,
  search: CheckedSearch,
  { limit, within }: { limit?: number; within?: number },
): Promise<Row[]> {
  const params = new Params();
  const distance = `coalesce(nullif(feature <=> ${vectorParam(place, query, params)}, 'NaN'), 1)`;
  const where = whereSql(search, params);
  return ask(
    selectSql(place, {
      distance,
      where: within === undefined ? where : `${where} AND ${distance} <= ${params.add(within)}::float8`,
      order: 'distance, id',
      limit: limit === undefined ? 'ALL' : params.add(limit),
    }),
    params.values,
  );
}

interface Select {
  readonly distance: string;
  readonly where: string;
  readonly order: string;
  readonly limit: string;
}

/** The features and metadata of the best alone are written out. */
const selectSql = ({ table }: Place, { distance, where, order, limit }: Select): string =>
  'SELECT id, halfvec_send(feature) AS feature, metadata::text AS metadata, distance FROM ' +
  `(SELECT id, feature, metadata, ${distance} AS distance FROM ${table} WHERE ${where} ` +
  `ORDER BY ${order} LIMIT ${limit}) AS best`;

/** The query as a halfvec of length 1, which half precision holds whatever the length of the feature. */
function vectorParam({ dim, oid }: Place, { feature, norm }: ExactQuery, params: Params): string {
  const unit = norm > 0 ? feature.map((value) => value / norm) : feature;
  return `(${params.add(featureArray([{ id: 'query', feature: unit, metadata: {} }], dim, oid))}::halfvec[])[1]`;
}

/** What may be found. */
export function whereSql({ filter, candidates, exclude }: CheckedSearch, params: Params): string {
  const storable = (ids: Iterable<string>) => params.add(arrayOf([...ids].filter(isStorable)));
  const parts = [
    filter && filterSql(filter, params),
    candidates && `id = ANY(${storable(candidates)}::text[])`,
    exclude.size > 0 && `id <> ALL(${storable(exclude)}::text[])`,
  ].filter((part) => part !== undefined && part !== false);
  return parts.length === 0 ? 'TRUE' : parts.join(' AND ');
}

/** Scores rows as they are stored, best first; equal ones by their ids. */
function scored(rows: readonly Row[], query: ExactQuery): Found[] {
  return rows
    .map((row) => {
      const { id, metadata } = row as { id: string; metadata: string };
      const feature = featureOf(row.feature as Uint8Array);
      return { id, feature, score: exactScore(query, feature, 0), metadata: JSON.parse(metadata) as Metadata };
    })
    .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

const cut = (ranked: readonly Found[], { minScore }: CheckedSearch, want: number): Found[] =>
  ranked.filter(({ score }) => score >= minScore).slice(0, want);

/** One image, as it is stored. */
export const imageOf = (row: Row): StoreRow => ({
  id: row.id as string,
  feature: featureOf(row.feature as Uint8Array),
  metadata: JSON.parse(row.metadata as string) as Metadata,
});
