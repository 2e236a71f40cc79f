import { type ByteSource, blobSource, expectRange } from '@webcir/clip';
import { type Answer, NoAnswerError, type Version } from './ask.ts';
import { joined, type Range, without } from './range.ts';
import { receive, type Sink } from './receive.ts';

/** Options of `rangeSource`. */
export interface RangeOptions {
  /** Ends all reading, for good. */
  readonly signal?: AbortSignal;
}

/** Bytes that are sooner fetched than left out, at the price of a request: half a millisecond at 250 Mbit/s. */
const GAP_BYTES = 16 << 10;

/**
 * A file at an address of which only those bytes are fetched that are read, by range requests: a weight file of which
 * one encoder is needed, or a few rows of its token table. Reads that are asked for at the same time are put together
 * where they are less than 16 KiB apart, and what was fetched is held, so that no byte comes twice. The first 16 KiB are
 * fetched at once, for the size.
 *
 * A server that knows no ranges sends the whole file, which is then used. One on another site has to show its headers:
 * `Access-Control-Expose-Headers: Content-Range, ETag`. For a file that is read whole, `storedSource` is faster.
 *
 * @throws Error naming the address, where it does not answer or answers with an error; by `read` also where the file
 *   was changed since
 */
export async function rangeSource(address: string | URL, { signal }: RangeOptions = {}): Promise<ByteSource> {
  const first = new Segment(address, 0, GAP_BYTES);
  await receive(address, first, { signal });
  if (first.isWhole) return blobSource(first.blob(), String(address));
  return new RangeSource(address, first, signal);
}

/** A source of which the first segment is there. */
class RangeSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly #address: string | URL;
  readonly #version: Version;
  readonly #signal: AbortSignal | undefined;
  /** What is there, or on its way. */
  readonly #segments = new Map<Segment, Promise<void>>();
  /** Reads since the last requests. */
  #asked: Range[] = [];
  #requested: Promise<void> | undefined;

  constructor(address: string | URL, first: Segment, signal: AbortSignal | undefined) {
    this.name = String(address);
    this.size = first.version!.size!;
    this.#address = address;
    this.#version = first.version!;
    this.#signal = signal;
    this.#segments.set(first, Promise.resolve());
  }

  /** Works by itself, too: `const { read } = source`. */
  readonly read = async (offset: number, length: number): Promise<Uint8Array> => {
    expectRange(this, offset, length);
    const range = { from: offset, to: offset + length };
    this.#asked.push(range);
    this.#requested ??= Promise.resolve().then(() => this.#request()); // after all reads of this moment
    await this.#requested;
    const bytes = new Uint8Array(length);
    const parts = [...this.#segments].filter(([{ from, to }]) => from < range.to && to > range.from);
    const reads = parts.map(async ([segment, there]) => {
      await there;
      const from = Math.max(range.from, segment.from);
      const to = Math.min(range.to, segment.to);
      const piece = segment.blob().slice(from - segment.from, to - segment.from);
      bytes.set(new Uint8Array(await piece.arrayBuffer()), from - offset);
    });
    await Promise.all(reads);
    return bytes;
  };

  /** Requests what is missing of the ranges that were asked for. */
  #request(): void {
    const known = [...this.#segments.keys()];
    const missing = without(joined(without(this.#asked, known), GAP_BYTES), known); // none comes twice
    this.#asked = [];
    this.#requested = undefined;
    for (const { from, to } of missing) {
      const segment = new Segment(this.#address, from, to, this.#version);
      const there = receive(this.#address, segment, { signal: this.#signal });
      this.#segments.set(segment, there);
      there.catch(() => this.#segments.delete(segment)); // the next read tries again
    }
  }
}

/** Bytes that follow each other, on their way or there. */
class Segment implements Sink {
  readonly isChecked = true;
  readonly from: number;
  version: Version | undefined;
  end: number | undefined;
  next: number;
  /** Whether the server knows no ranges, and this is the whole file. */
  isWhole = false;
  readonly #address: string | URL;
  /** Of a version that is known already: no other will do. */
  readonly #isFixed: boolean;
  #parts: Blob[] = [];
  #gathered: Uint8Array<ArrayBuffer>[] = [];

  constructor(address: string | URL, from: number, to: number, version?: Version) {
    this.#address = address;
    this.#isFixed = version !== undefined;
    this.from = from;
    this.next = from;
    this.end = to;
    this.version = version;
  }

  /** The byte after the last one. */
  get to(): number {
    return this.end ?? this.next;
  }

  blob(): Blob {
    return new Blob(this.#parts);
  }

  async restart(): Promise<void> {
    if (this.#isFixed) {
      throw new Error(`${this.#address} was changed while it was read: open it again`);
    }
    this.#parts = [];
    this.next = 0;
    this.version = undefined;
  }

  async accept({ response, version }: Answer): Promise<void> {
    if (this.next > this.from || this.#isFixed) return;
    this.version = version;
    this.isWhole = response.status !== 206;
    if (this.isWhole) this.end = version.size;
    else if (version.size !== undefined) this.end = Math.min(GAP_BYTES, version.size);
    else
      throw new NoAnswerError(
        `${this.#address}: the answer shows no size: its server has to send ` +
          '"Access-Control-Expose-Headers: Content-Range, ETag" to pages of other sites',
      );
  }

  async take(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const wanted = bytes.subarray(0, this.to - this.next);
    this.#gathered.push(this.end === undefined ? bytes : wanted);
    this.next += this.end === undefined ? bytes.length : wanted.length;
  }

  async pause(): Promise<void> {
    this.#parts.push(new Blob(this.#gathered));
    this.#gathered = [];
  }
}
