import { storedTensor, toFloat32 } from '@webcir/clip';
import { type ExactQuery, exactQuery, exactScore } from '../../cosine.ts';
import type { CheckedSearch, StoreRow } from '../check-search.ts';
import { keepDistinct } from '../distinct.ts';
import { passes } from '../filter.ts';
import type { StoreHit } from '../store.ts';
import type { DeviceSegments } from './device-segments.ts';
import { bestOf } from './exact.ts';
import type { Filtered } from './filtered.ts';
import { type Allowed, allowedRows, rankOnDevice, rankRows } from './rank-segment.ts';
import type { Segment } from './segment.ts';
import { type FlatState, inSegment, locate } from './state.ts';

/** What a search of a flat store works with. */
export interface SearchTools {
  readonly device: DeviceSegments;
  readonly filtered: Filtered;
  /** Products of values, rows times dim times queries, that are made here: the device takes longer for few. */
  readonly hostProducts: number;
}

/** A row that was found: in memory, or in a segment. */
interface Found {
  readonly score: number;
  readonly place: StoreRow | { readonly segment: Segment; readonly row: number };
}

/** What may be found: rows in memory, and rows of segments. */
interface Field {
  readonly tail: readonly StoreRow[];
  readonly segments: readonly Allowed[];
}

/** Searches what a store holds at one moment. @returns the hits of each query, best first */
export async function searchState(
  state: FlatState,
  features: readonly Float32Array[],
  search: CheckedSearch,
  tools: SearchTools,
): Promise<StoreHit[][]> {
  const field = search.candidates ? await candidateField(state, search) : await wholeField(state, search, tools);
  const queries = features.map(exactQuery);
  const { k, offset, distinct } = search;
  const found =
    distinct === undefined
      ? (await rank(field, queries, offset + k, search.minScore, tools)).map((ranked) => ranked.slice(offset))
      : await Promise.all(
          queries.map((query) => {
            const best = async (want: number) => (await rank(field, [query], want, search.minScore, tools))[0];
            return keepDistinct({ k, offset, distinct }, best, featuresOf);
          }),
        );
  return Promise.all(found.map((list) => Promise.all(list.map(hitOf))));
}

/** Everything but what is excluded or does not pass the filter. */
async function wholeField(
  state: FlatState,
  { filter, exclude }: CheckedSearch,
  { filtered }: SearchTools,
): Promise<Field> {
  const isWanted = ({ id, metadata }: StoreRow) =>
    !exclude.has(id) && (filter === undefined || passes(metadata, filter));
  const excluded = (await locate(state, [...exclude])).filter((place) => place !== undefined).filter(inSegment);
  const segments = state.segments.map(async ({ segment, dead, deadCount }, index): Promise<Allowed> => {
    const own = excluded.filter(({ at }) => at === index);
    if (filter === undefined && own.length === 0) return { segment, blocked: dead, count: segment.rows - deadCount };
    const blocked =
      filter === undefined ? new Uint8Array(segment.rows) : (await filtered.blocked(segment, filter)).slice();
    if (dead) for (let row = 0; row < dead.length; row++) blocked[row] |= dead[row];
    for (const { row } of own) blocked[row] = 1;
    return { segment, blocked, count: blocked.reduce((count, flag) => count - flag, segment.rows) };
  });
  return { tail: [...state.tail.values()].filter(isWanted), segments: await Promise.all(segments) };
}

/** The candidates that are there and pass the filter. */
async function candidateField(state: FlatState, { candidates, filter, exclude }: CheckedSearch): Promise<Field> {
  const places = await locate(
    state,
    [...candidates!].filter((id) => !exclude.has(id)),
  );
  const tail: StoreRow[] = [];
  const blocked = state.segments.map(({ segment }) => new Uint8Array(segment.rows).fill(1));
  const counts = state.segments.map(() => 0);
  for (const place of places) {
    if (place === undefined) continue;
    const metadata = inSegment(place)
      ? filter && (await state.segments[place.at].segment.metadataAt(place.row))
      : place.metadata;
    if (filter && !passes(metadata!, filter)) continue;
    if (!inSegment(place)) tail.push(place);
    else {
      blocked[place.at][place.row] = 0;
      counts[place.at]++;
    }
  }
  const segments = state.segments.map(({ segment }, at) => ({ segment, blocked: blocked[at], count: counts[at] }));
  return { tail, segments };
}

/** The best `want` of a field for each query, best first; equal scores in the order of the store. */
async function rank(
  field: Field,
  queries: readonly ExactQuery[],
  want: number,
  minScore: number,
  { device, hostProducts }: SearchTools,
): Promise<Found[][]> {
  const found: Found[][] = queries.map(() => []);
  // One segment after the other: each takes the device, or the disk, for itself.
  for (const allowed of field.segments) {
    const { segment, count } = allowed;
    if (count === 0) continue;
    const ranked =
      count * segment.dim * queries.length <= hostProducts
        ? await rankRows(segment, allowedRows(allowed), queries, want)
        : await device.use(segment, (index) => rankOnDevice(allowed, index, queries, { want, minScore }));
    for (const [q, list] of ranked.entries())
      for (const { row, score } of list.slice(0, want)) found[q].push({ score, place: { segment, row } });
  }
  return queries.map((query, q) => {
    const scores = Float64Array.from(field.tail, ({ feature }) => exactScore(query, feature, 0));
    for (const place of bestOf(scores, want)) found[q].push({ score: scores[place], place: field.tail[place] });
    return found[q]
      .sort((a, b) => b.score - a.score)
      .filter(({ score }) => score >= minScore)
      .slice(0, want);
  });
}

/** The features of rows that were found, in their order. */
function featuresOf(found: readonly Found[]): Promise<Float32Array[]> {
  return Promise.all(
    found.map(async ({ place }) => ('segment' in place ? featureAt(place.segment, place.row) : place.feature)),
  );
}

/** The feature of one row, [dim]. */
async function featureAt(segment: Segment, row: number): Promise<Float32Array> {
  const { dtype } = segment.features;
  return toFloat32(storedTensor(dtype, [segment.dim], await segment.gather([row])));
}

async function hitOf({ score, place }: Found): Promise<StoreHit> {
  if (!('segment' in place)) return { id: place.id, score, metadata: place.metadata };
  const { segment, row } = place;
  const [id, metadata] = await Promise.all([segment.idAt(row), segment.metadataAt(row)]);
  return { id, score, metadata };
}
