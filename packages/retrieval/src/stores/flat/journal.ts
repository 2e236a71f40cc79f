import { storedTensor, toFloat32 } from '@webcir/clip';
import type { StoreRow } from '../check-search.ts';
import type { Metadata } from '../store.ts';
import { crc32 } from './checksum.ts';
import { joinBytes } from './memory-files.ts';
import { dtypeOf, type FlatStorage } from './segment.ts';
import { encodeRows } from './write-segment.ts';

/** One write: what it adds, and what it takes out. */
export interface Change {
  /** Rows that are added. */
  readonly rows: readonly StoreRow[];
  /** Ids that are taken out of the rows in memory. */
  readonly removed: readonly string[];
  /** Rows of segments that no longer count: where in the manifest's list the segment is, and the row in it. */
  readonly dead: readonly (readonly [segment: number, row: number])[];
}

interface Header {
  readonly ids: readonly string[];
  readonly metadata: readonly Metadata[];
  readonly removed: readonly string[];
  readonly dead: readonly (readonly [number, number])[];
}

/** What comes before each record: the length and the CRC-32 of the rest, the length of the JSON in it. */
const startBytes = 12;

/**
 * A record of the journal: JSON, then the features of the rows that are added, as they are stored. With a checksum, so
 * that one that was not written to its end is told from one that was.
 */
export function encodeChange({ rows, removed, dead }: Change, dim: number, storage: FlatStorage): Uint8Array {
  const header: Header = {
    ids: rows.map(({ id }) => id),
    metadata: rows.map(({ metadata }) => metadata),
    removed,
    dead,
  };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = new Uint8Array(startBytes);
  const record = joinBytes([start, json, encodeRows(rows, dim, storage)]);
  const view = new DataView(record.buffer);
  view.setUint32(0, record.length - startBytes, true);
  view.setUint32(8, json.length, true);
  view.setUint32(4, crc32(record.subarray(8)), true);
  return record;
}

/** The changes in a journal. */
export interface Replayed {
  readonly changes: Change[];
  /** Bytes of whole records; what comes after them was never acknowledged. */
  readonly length: number;
}

/**
 * Reads a journal. A writer that was killed may have left half a record at the end: it was not acknowledged, and does
 * not count.
 * @throws Error for a damaged record before others: no writer leaves that
 */
export function replay(journal: Uint8Array, dim: number, storage: FlatStorage): Replayed {
  const changes: Change[] = [];
  const view = new DataView(journal.buffer, journal.byteOffset, journal.byteLength);
  let at = 0;
  while (at + startBytes <= journal.length) {
    const end = at + startBytes + view.getUint32(at, true);
    if (end > journal.length) break;
    const isWhole = crc32(journal.subarray(at + 8, end)) === view.getUint32(at + 4, true);
    if (!isWhole) {
      // A file system may have kept the new length and not what was written.
      if (end === journal.length || journal.subarray(at).every((byte) => byte === 0)) break;
      throw new Error(
        `damaged at byte ${at} of ${journal.length}: what comes after it was acknowledged, so that nothing is dropped. ` +
          'Restore the file from a copy',
      );
    }
    changes.push(decodeChange(journal.subarray(at + 8, end), dim, storage));
    at = end;
  }
  return { changes, length: at };
}

function decodeChange(record: Uint8Array, dim: number, storage: FlatStorage): Change {
  const jsonEnd = 4 + new DataView(record.buffer, record.byteOffset).getUint32(0, true);
  const { ids, metadata, removed, dead } = JSON.parse(new TextDecoder().decode(record.subarray(4, jsonEnd))) as Header;
  const features = toFloat32(storedTensor(dtypeOf(storage), [ids.length, dim], record.subarray(jsonEnd)));
  const rows = ids.map((id, i) => ({
    id,
    feature: features.subarray(i * dim, (i + 1) * dim),
    metadata: metadata[i],
  }));
  return { rows, removed, dead };
}
