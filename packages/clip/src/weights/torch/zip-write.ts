import { crc32 } from './crc32.ts';

/** An entry to be written. */
export interface ZipContent {
  readonly name: string;
  readonly size: number;
  /** Reads all of its bytes, `size` of them. */
  read(): Promise<Uint8Array>;
}

/** An entry that has been written, as the directory describes it. */
export interface WrittenEntry {
  readonly name: Uint8Array;
  readonly size: number;
  /** Byte at which its local header begins. */
  readonly offset: number;
  readonly crc: number;
}

/** PyTorch maps storages into memory, so they begin at multiples of this. */
const ALIGNMENT = 64;
const PADDING = 0x5a;
const FULL16 = 0xffff;
const FULL32 = 0xffffffff;
/** Flags of an entry: names are UTF-8, and checksum and sizes follow the data, if there is any. */
const flagsOf = (size: number): number => (size > 0 ? 0x0808 : 0x0800);

type Field = readonly [bytes: 2 | 4 | 8, value: number];
const u16 = (value: number): Field => [2, value];
const u32 = (value: number): Field => [4, value];
const u64 = (value: number): Field => [8, value];

function record(...fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(fields.reduce((total, [bytes]) => total + bytes, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += bytes;
  }
  return out;
}

/** The zip64 field of an entry: its sizes and its offset, if they do not fit in 32 bits. */
function zip64Field({ size, offset }: { readonly size: number; readonly offset: number }): Uint8Array {
  const values = [...(size >= FULL32 ? [size, size] : []), ...(offset >= FULL32 ? [offset] : [])];
  return values.length > 0 ? record(u16(1), u16(8 * values.length), ...values.map(u64)) : record();
}

/** Header before an entry's data, padded with a field `FB` so that the data is aligned. */
function* localHeader({ name, size, offset }: Omit<WrittenEntry, 'crc'>): Generator<Uint8Array> {
  const zip64 = zip64Field({ size, offset });
  const padding = -(offset + 30 + name.length + zip64.length + 4) & (ALIGNMENT - 1);
  yield record(
    u32(0x04034b50),
    u16(0), // version needed
    u16(flagsOf(size)),
    u16(0), // stored
    u32(0), // time and date
    u32(0), // checksum: in the descriptor
    u64(0), // both sizes, the same
    u16(name.length),
    u16(zip64.length + 4 + padding),
  );
  yield name;
  yield zip64;
  yield record(u16(0x4246), u16(padding));
  yield new Uint8Array(padding).fill(PADDING);
}

/** Record after an entry's data. */
function descriptor({ size, offset, crc }: WrittenEntry): Uint8Array {
  if (size === 0) return record();
  const width = size >= FULL32 || offset >= FULL32 ? u64 : u32;
  return record(u32(0x08074b50), u32(crc), width(size), width(size));
}

function* directoryHeader({ name, size, offset, crc }: WrittenEntry): Generator<Uint8Array> {
  const zip64 = zip64Field({ size, offset });
  yield record(
    u32(0x02014b50),
    u32(0), // versions
    u16(flagsOf(size)),
    u16(0), // stored
    u32(0), // time and date
    u32(crc),
    u32(Math.min(size, FULL32)),
    u32(Math.min(size, FULL32)),
    u16(name.length),
    u16(zip64.length),
    u16(0), // comment
    u16(0), // disk
    u16(0), // attributes
    u32(0),
    u32(Math.min(offset, FULL32)),
  );
  yield name;
  yield zip64;
}

/** The directory at the end of a zip file, which begins at byte `start`. */
export function* zipDirectory(entries: readonly WrittenEntry[], start: number): Generator<Uint8Array> {
  let end = start;
  for (const entry of entries) {
    for (const piece of directoryHeader(entry)) {
      end += piece.length;
      yield piece;
    }
  }
  const count = entries.length;
  const bytes = end - start;
  // PyTorch's writer always adds the 64-bit records, needed or not.
  yield record(
    u32(0x06064b50),
    u64(44), // bytes that follow
    u16(0x031e),
    u16(45), // versions
    u64(0), // disks
    u64(count),
    u64(count),
    u64(bytes),
    u64(start),
  );
  yield record(u32(0x07064b50), u32(0), u64(end), u32(1));
  yield record(
    u32(0x06054b50),
    u32(0), // disks
    u16(Math.min(count, FULL16)),
    u16(Math.min(count, FULL16)),
    u32(Math.min(bytes, FULL32)),
    u32(Math.min(start, FULL32)),
    u16(0), // comment
  );
}

/**
 * The pieces of a zip file of stored entries, laid out as PyTorch's own writer does. One entry at a time is in memory.
 */
export async function* zipPieces(contents: Iterable<ZipContent>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const entries: WrittenEntry[] = [];
  let at = 0;
  for (const content of contents) {
    const { name, size } = content;
    const place = { name: encoder.encode(name), size, offset: at };
    for (const piece of localHeader(place)) {
      at += piece.length;
      yield piece;
    }
    const bytes = await content.read();
    yield bytes;
    const entry = { ...place, crc: crc32(bytes) };
    entries.push(entry);
    const after = descriptor(entry);
    yield after;
    at += size + after.length;
  }
  yield* zipDirectory(entries, at);
}
