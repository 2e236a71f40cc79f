import {
  fromFloat32,
  type SafetensorsContent,
  type StoredTensor,
  safetensorsPieces,
  storedTensor,
  type WeightTensor,
} from '@webcir/clip';
import { joinFeatures, type StoreRow } from '../check-search.ts';
import { encodeHalves } from '../half-rows.ts';
import type { StoreModel } from '../store.ts';
import { hashOf } from './checksum.ts';
import { joinBytes } from './memory-files.ts';
import { dtypeOf, type FlatStorage, MAX_SEGMENT_ROWS, type Segment } from './segment.ts';
import { type StoredTexts, TextColumn } from './text-column.ts';

/** Rows of a segment that go into another one, in rising order. */
export interface SegmentPart {
  readonly segment: Segment;
  readonly rows: Int32Array;
}

/**
 * The bytes of a segment made of rows of others, and of rows in memory. Of the features, a block is in memory at a time.
 */
export async function segmentPieces(
  { dim, fingerprint }: StoreModel,
  storage: FlatStorage,
  parts: readonly SegmentPart[],
  tail: readonly StoreRow[],
): Promise<AsyncGenerator<Uint8Array>> {
  const count = parts.reduce((sum, { rows }) => sum + rows.length, tail.length);
  const columns = await Promise.all([
    joinTexts(parts, ({ ids }) => ids, TextColumn.of(tail.map(({ id }) => id))),
    joinTexts(parts, ({ metadata }) => metadata, TextColumn.of(tail.map((row) => JSON.stringify(row.metadata)))),
  ]);
  const [ids, metadata] = columns;
  const content: SafetensorsContent = {
    tensors: new Map<string, WeightTensor>([
      ['features', gathered(parts, encodeRows(tail, dim, storage), [count, dim], dtypeOf(storage))],
      ...ids.tensors('ids'),
      ...metadata.tensors('metadata'),
      ...hashTensors(ids),
    ]),
    metadata: new Map([['fingerprint', fingerprint]]),
  };
  return safetensorsPieces(content);
}

/** Features in memory as they are stored. @throws RangeError naming the id of one that half precision cannot hold */
export function encodeRows(rows: readonly StoreRow[], dim: number, storage: FlatStorage): Uint8Array {
  if (dtypeOf(storage) === 'F16') return encodeHalves(rows, dim);
  return fromFloat32(joinFeatures(rows, dim), [rows.length, dim], 'F32').bytes;
}

/** Rows of other segments, then rows in memory, as one tensor that is read in blocks. */
function gathered(
  parts: readonly SegmentPart[],
  tail: Uint8Array,
  shape: readonly [count: number, dim: number],
  dtype: 'F32' | 'F16',
): WeightTensor {
  const [count, dim] = shape;
  const rowBytes = dim * (dtype === 'F32' ? 4 : 2);
  const read = async (first: number, wanted: number): Promise<Uint8Array> => {
    const pieces: Uint8Array[] = [];
    let start = 0;
    for (const { segment, rows } of parts) {
      const from = Math.max(first - start, 0);
      const to = Math.min(first + wanted - start, rows.length);
      if (from < to) pieces.push(await segment.gather(rows.subarray(from, to)));
      start += rows.length;
    }
    const from = Math.max(first - start, 0);
    if (first + wanted > start) pieces.push(tail.subarray(from * rowBytes, (first + wanted - start) * rowBytes));
    return joinBytes(pieces);
  };
  return {
    dtype,
    shape,
    read: () => read(0, count),
    rows: (first, wanted) => ({ dtype, shape: [wanted, dim], read: () => read(first, wanted) }),
  };
}

async function joinTexts(
  parts: readonly SegmentPart[],
  of: (segment: Segment) => StoredTexts,
  tail: TextColumn,
): Promise<TextColumn> {
  const texts: Uint8Array[] = [];
  for (const { segment, rows } of parts) {
    const column = await of(segment).read(0, segment.rows);
    for (const row of rows) texts.push(column.bytesAt(row));
  }
  for (let row = 0; row < tail.length; row++) texts.push(tail.bytesAt(row));
  return TextColumn.joined(texts);
}

/** The hashes of ids in rising order, and the row of each. */
function hashTensors(ids: TextColumn): [string, StoredTensor][] {
  const keys = Float64Array.from(
    { length: ids.length },
    (_, row) => hashOf(ids.bytesAt(row)) * MAX_SEGMENT_ROWS + row,
  ).sort();
  const hashes = Uint32Array.from(keys, (key) => Math.floor(key / MAX_SEGMENT_ROWS));
  const rows = Int32Array.from(keys, (key) => key % MAX_SEGMENT_ROWS);
  const tensor = ({ buffer }: { buffer: ArrayBufferLike }) =>
    storedTensor('I32', [ids.length], new Uint8Array(buffer as ArrayBuffer));
  return [
    ['ids.hashes', tensor(hashes)],
    ['ids.rows', tensor(rows)],
  ];
}
