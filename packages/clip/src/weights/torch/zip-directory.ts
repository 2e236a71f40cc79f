import type { ByteSource } from '../source.ts';
import { type Fail, failIn } from './fail.ts';
import { quote } from './pickle-value.ts';

/** An entry of a zip, as the central directory describes it. */
export interface ZipEntry {
  readonly name: string;
  /** 0 for stored, 8 for deflated. */
  readonly method: number;
  readonly encrypted: boolean;
  /** Bytes in the file. */
  readonly packedSize: number;
  readonly size: number;
  /** Byte at which its local header begins. */
  readonly offset: number;
  /** Byte at which the next entry or the directory begins. */
  readonly limit: number;
}

const END = { signature: 0x06054b50, bytes: 22 };
const END64 = { signature: 0x06064b50, bytes: 56 };
const LOCATOR64 = { signature: 0x07064b50, bytes: 20 };
const HEADER = { signature: 0x02014b50, bytes: 46 };
const LOCAL = { signature: 0x04034b50, bytes: 30 };
const ZIP64_EXTRA = 1;
const MAX_COMMENT_BYTES = 0xffff;
/** Limit, tens of times what the largest model's entries take. */
const MAX_DIRECTORY_BYTES = 1 << 22;

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const uint64 = (view: DataView, at: number): number => Number(view.getBigUint64(at, true));

interface Directory {
  readonly entries: number;
  readonly offset: number;
  readonly bytes: number;
}

/** Reads the end records: the 32-bit one and, where its fields are full, the 64-bit one. */
async function findDirectory(source: ByteSource, fail: Fail): Promise<Directory> {
  const tailBytes = Math.min(source.size, END.bytes + MAX_COMMENT_BYTES);
  const tail = viewOf(await source.read(source.size - tailBytes, tailBytes));
  let at = tailBytes - END.bytes;
  while (
    at >= 0 &&
    (tail.getUint32(at, true) !== END.signature || tail.getUint16(at + 20, true) !== tailBytes - at - 22)
  ) {
    at--;
  }
  if (at < 0) fail('its zip directory is missing. Is the file cut short? Download it again.');

  let directory: Directory = {
    entries: tail.getUint16(at + 10, true),
    bytes: tail.getUint32(at + 12, true),
    offset: tail.getUint32(at + 16, true),
  };
  let end = source.size - tailBytes + at;
  if (directory.entries === 0xffff || directory.bytes === 0xffffffff || directory.offset === 0xffffffff) {
    const locatorAt = end - LOCATOR64.bytes;
    const locator = locatorAt >= 0 ? viewOf(await source.read(locatorAt, LOCATOR64.bytes)) : undefined;
    end = locator?.getUint32(0, true) === LOCATOR64.signature ? uint64(locator, 8) : -1;
    if (end < 0 || end + END64.bytes > locatorAt) fail('its zip64 directory is missing or damaged.');
    const record = viewOf(await source.read(end, END64.bytes));
    if (record.getUint32(0, true) !== END64.signature) fail('its zip64 directory is missing or damaged.');
    directory = { entries: uint64(record, 32), bytes: uint64(record, 40), offset: uint64(record, 48) };
  }
  if (directory.offset + directory.bytes > end || directory.bytes > MAX_DIRECTORY_BYTES) {
    fail(
      `its zip directory of ${directory.bytes} bytes at ${directory.offset} does not fit before byte ${end}, or has ` +
        `more than ${MAX_DIRECTORY_BYTES} bytes. The file is damaged.`,
    );
  }
  return directory;
}

/** Replaces sizes and an offset that do not fit in 32 bits with those in the entry's zip64 field, in its order. */
function widen(values: number[], extra: DataView): boolean {
  const wanted = values.flatMap((value, i) => (value === 0xffffffff ? i : []));
  for (let at = 0; wanted.length > 0 && at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== ZIP64_EXTRA) continue;
    const length = Math.min(extra.getUint16(at + 2, true), extra.byteLength - at - 4);
    if (length < 8 * wanted.length) return false;
    for (const [i, which] of wanted.entries()) values[which] = uint64(extra, at + 4 + 8 * i);
    return true;
  }
  return wanted.length === 0;
}

/**
 * The entries of a zip file, by name, from its central directory; nothing else of the file is read.
 *
 * @throws Error naming the file when the directory is damaged, when entries overlap, or when two have one name
 */
export async function zipEntries(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const fail: Fail = failIn(source.name);
  const directory = await findDirectory(source, fail);
  const bytes = await source.read(directory.offset, directory.bytes);
  const view = viewOf(bytes);
  const decoder = new TextDecoder();
  const entries: ZipEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    const whole = at + HEADER.bytes <= bytes.length && view.getUint32(at, true) === HEADER.signature;
    const nameEnd = whole ? at + HEADER.bytes + view.getUint16(at + 28, true) : Number.POSITIVE_INFINITY;
    const extraEnd = whole ? nameEnd + view.getUint16(at + 30, true) : nameEnd;
    const next = whole ? extraEnd + view.getUint16(at + 32, true) : nameEnd;
    const where = `entry ${entries.length} of its zip directory, at byte ${directory.offset + at},`;
    if (next > bytes.length) fail(`${where} is damaged.`);
    const name = decoder.decode(bytes.subarray(at + HEADER.bytes, nameEnd));
    const values = [view.getUint32(at + 20, true), view.getUint32(at + 24, true), view.getUint32(at + 42, true)];
    if (!widen(values, viewOf(bytes.subarray(nameEnd, extraEnd)))) fail(`${where} has no sizes in 64 bits.`);
    const [packedSize, size, offset] = values;
    const encrypted = (view.getUint16(at + 8, true) & 1) === 1;
    entries.push({ name, method: view.getUint16(at + 10, true), encrypted, packedSize, size, offset, limit: 0 });
    at = next;
  }
  if (entries.length !== directory.entries) {
    fail(`its zip directory has ${entries.length} entries, expected ${directory.entries}. The file is damaged.`);
  }

  const byName = new Map<string, ZipEntry>();
  entries.sort((a, b) => a.offset - b.offset);
  for (const [i, entry] of entries.entries()) {
    const limit = entries[i + 1]?.offset ?? directory.offset;
    if (entry.offset + LOCAL.bytes + entry.packedSize > limit) {
      fail(
        `zip entry ${quote(entry.name)} of ${entry.packedSize} bytes ` +
          `does not fit between ${entry.offset} and ${limit}.`,
      );
    }
    if (byName.has(entry.name)) fail(`it has two zip entries called ${quote(entry.name)}.`);
    byName.set(entry.name, { ...entry, limit });
  }
  return byName;
}

/**
 * The byte at which an entry's data begins: after its local header, which may be longer than the directory says.
 *
 * @throws Error naming file and entry
 */
export async function zipDataOffset(source: ByteSource, entry: ZipEntry): Promise<number> {
  const header = viewOf(await source.read(entry.offset, LOCAL.bytes));
  const offset = entry.offset + LOCAL.bytes + header.getUint16(26, true) + header.getUint16(28, true);
  if (header.getUint32(0, true) !== LOCAL.signature || offset + entry.packedSize > entry.limit) {
    throw new Error(
      `${source.name}: zip entry ${quote(entry.name)}: its header at byte ${entry.offset} is damaged, or its ` +
        `${entry.packedSize} bytes do not fit before ${entry.limit}.`,
    );
  }
  return offset;
}
