import type { Fail } from './fail.ts';

/** The bytes of a pickle, read from the front. Lengths in it are checked before they are used. */
export interface PickleReader {
  /** Position of the next byte. */
  readonly at: number;
  byte(): number;
  /** Reads an unsigned little-endian integer of 2, 4 or 8 bytes. */
  uint(bytes: 2 | 4 | 8): number;
  int32(): number;
  /** Reads a double, big-endian as in pickles. */
  float64(): number;
  /** Reads a little-endian two's complement integer of up to 16 bytes. */
  long(bytes: number): number | bigint;
  /** Reads text; undefined where it is not UTF-8, as Python 2's texts need not be. */
  text(bytes: number): string | undefined;
  skip(bytes: number): void;
  /** Reads text up to the end of the line. */
  line(): string;
}

/** Enough for the states of random number generators that checkpoints hold; larger ones could only take time. */
const MAX_LONG_BYTES = 64;
const MAX_LINE_BYTES = 512;
const NEWLINE = 10;

export function pickleReader(bytes: Uint8Array, begin: number, fail: Fail): PickleReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // TextDecoder would drop a byte order mark, so that names would not be those in the file.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let at = begin;

  /** Takes the next `length` bytes and returns their position. */
  const take = (length: number): number => {
    if (length > bytes.length - at) {
      fail(`wants ${length} bytes, and ${bytes.length - at} are left. The file is cut short or damaged.`);
    }
    at += length;
    return at - length;
  };
  const text = (length: number): string | undefined => {
    const start = take(length);
    try {
      return decoder.decode(bytes.subarray(start, start + length));
    } catch {
      return undefined;
    }
  };

  return {
    get at() {
      return at;
    },
    byte: () => bytes[take(1)],
    uint(length) {
      const start = take(length);
      if (length === 2) return view.getUint16(start, true);
      return length === 4 ? view.getUint32(start, true) : Number(view.getBigUint64(start, true));
    },
    int32: () => view.getInt32(take(4), true),
    float64: () => view.getFloat64(take(8)),
    long(length) {
      if (length > MAX_LONG_BYTES) fail(`holds an integer of ${length} bytes, expected at most ${MAX_LONG_BYTES}.`);
      const start = take(length);
      let value = 0n;
      for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[start + i]);
      const signed = BigInt.asIntN(8 * length, value);
      return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
    },
    text,
    skip: take,
    line() {
      const end = bytes.subarray(at, at + MAX_LINE_BYTES).indexOf(NEWLINE);
      if (end < 0) fail(`holds a name without an end in ${MAX_LINE_BYTES} bytes.`);
      const line = text(end) ?? fail('holds a name that is not UTF-8.');
      at++;
      return line;
    },
  };
}
