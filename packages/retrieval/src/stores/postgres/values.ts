// How ids, metadata and features are written as parameters, and read again.
import type { StoreRow } from '../check-search.ts';
import { decodeHalves, encodeHalves } from '../half-rows.ts';

/** The bytes before the values of a halfvec in PostgreSQL's binary form: how many there are, and 2 that are unused. */
const vectorHead = 4;

/**
 * Whether PostgreSQL can keep a text: it has no place for NUL, and UTF-8 none for half a surrogate pair. One that it
 * cannot keep equals nothing that it keeps.
 */
export const isStorable = (text: string): boolean => !unstorable.test(text);

const unstorable = /[\0\p{Surrogate}]/u;

/** Bytes of an id: an entry of its index has to fit three times into a page of 8 KiB. */
const maxIdBytes = 2600;

/** @throws RangeError naming the id that cannot be kept */
export function expectStorableIds(rows: readonly StoreRow[]): void {
  for (const { id } of rows) {
    if (!isStorable(id)) throw new RangeError(`${JSON.stringify(id)}: an id in PostgreSQL has no NUL in it`);
    if (id.length * 3 > maxIdBytes && new TextEncoder().encode(id).length > maxIdBytes)
      throw new RangeError(`${id.slice(0, 80)}…: an id in PostgreSQL has ${maxIdBytes} bytes at most`);
  }
}

/** Metadata as JSON. @throws RangeError naming the id whose metadata cannot be kept */
export const metadataJson = ({ id, metadata }: StoreRow): string =>
  JSON.stringify(metadata, (field, value) => {
    if (isStorable(field) && (typeof value !== 'string' || isStorable(value))) return value;
    throw new RangeError(`${id}: metadata in PostgreSQL has no NUL and no half of a surrogate pair in it`);
  });

/** The form of an array of texts, or of what has a form as text. */
export const arrayOf = (texts: Iterable<string>): string =>
  `{${Array.from(texts, (text) => `"${text.replace(/[\\"]/g, '\\$&')}"`).join(',')}}`;

/**
 * The binary form of a `halfvec[]` (PostgreSQL's array_recv, pgvector's halfvec_recv): big-endian.
 * @param oid of the type halfvec
 * @throws RangeError naming the id whose feature half precision cannot hold
 */
export function featureArray(rows: readonly StoreRow[], dim: number, oid: number): Uint8Array {
  const halves = encodeHalves(rows, dim);
  const rowBytes = vectorHead + 2 * dim;
  const bytes = new Uint8Array(20 + rows.length * (4 + rowBytes));
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 1); // dimensions
  view.setInt32(4, 0); // no NULL
  view.setUint32(8, oid);
  view.setInt32(12, rows.length);
  view.setInt32(16, 1); // the first index
  for (let row = 0, at = 20; row < rows.length; row++) {
    view.setInt32(at, rowBytes);
    view.setUint16(at + 4, dim);
    at += 4 + vectorHead;
    for (let from = row * 2 * dim; from < (row + 1) * 2 * dim; from += 2, at += 2) {
      bytes[at] = halves[from + 1];
      bytes[at + 1] = halves[from];
    }
  }
  return bytes;
}

/** The feature of a `halfvec_send`, [dim]. */
export function featureOf(sent: Uint8Array): Float32Array {
  const halves = new Uint8Array(sent.length - vectorHead);
  for (let at = 0; at < halves.length; at += 2) {
    halves[at] = sent[vectorHead + at + 1];
    halves[at + 1] = sent[vectorHead + at];
  }
  return decodeHalves(halves);
}
