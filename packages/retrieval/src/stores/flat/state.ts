import type { StoreRow } from '../check-search.ts';
import { hashOf } from './checksum.ts';
import type { Change } from './journal.ts';
import { type LiveSegment, liveCount, withDead } from './manifest.ts';

/** What a store holds at one moment. Never changed, so that a search sees nothing of a write that comes meanwhile. */
export interface FlatState {
  readonly segments: readonly LiveSegment[];
  /** Rows that are in the journal and in no segment yet. */
  readonly tail: ReadonlyMap<string, StoreRow>;
}

export function applyChange({ segments, tail }: FlatState, { rows, removed, dead }: Change): FlatState {
  const changed = new Map(tail);
  for (const id of removed) changed.delete(id);
  for (const row of rows) {
    changed.delete(row.id);
    changed.set(row.id, row);
  }
  return { segments: withDead(segments, dead), tail: changed };
}

export const countOf = ({ segments, tail }: FlatState): number =>
  segments.reduce((sum, live) => sum + liveCount(live), tail.size);

/** A row of a segment, which is somewhere in the state's list. */
interface SegmentPlace {
  readonly at: number;
  readonly row: number;
}

/** Where an image is: in memory, or in a row of a segment. */
export type Place = StoreRow | SegmentPlace;

export const inSegment = (place: Place): place is SegmentPlace => 'at' in place;

/** Where the images of some ids are; undefined for one that is not there. */
export async function locate(state: FlatState, ids: readonly string[]): Promise<(Place | undefined)[]> {
  const places: (Place | undefined)[] = ids.map((id) => state.tail.get(id));
  const hashes = ids.map((id) => hashOf(encoder.encode(id)));
  for (const [at, { segment, dead }] of state.segments.entries()) {
    const likely: { readonly index: number; readonly row: number }[] = [];
    for (const [index, hash] of hashes.entries()) {
      if (places[index] !== undefined) continue;
      for (const row of await segment.rowsByHash(hash)) if (!dead?.[row]) likely.push({ index, row });
    }
    likely.sort((a, b) => a.row - b.row);
    const found = await segment.ids.pick(likely.map(({ row }) => row));
    for (const [i, { index, row }] of likely.entries()) if (found[i] === ids[index]) places[index] = { at, row };
  }
  return places;
}

const encoder = new TextEncoder();
