import { type StoredTensor, storedTensor, type WeightTensor } from '@webcir/clip';
import { joinBytes } from './memory-files.ts';
import { runsOf } from './runs.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Texts as two tensors of a safetensors file: their UTF-8 one after the other, and where each ends in it. */
export class TextColumn {
  readonly bytes: Uint8Array;
  /** [texts] */
  readonly ends: Int32Array;

  constructor(bytes: Uint8Array, ends: Int32Array) {
    this.bytes = bytes;
    this.ends = ends;
  }

  static of(texts: readonly string[]): TextColumn {
    const parts = texts.map((text) => encoder.encode(text));
    return TextColumn.joined(parts);
  }

  static joined(parts: readonly Uint8Array[]): TextColumn {
    const ends = new Int32Array(parts.length);
    let end = 0;
    for (const [i, { length }] of parts.entries()) ends[i] = end += length;
    return new TextColumn(joinBytes(parts), ends);
  }

  get length(): number {
    return this.ends.length;
  }

  bytesAt(row: number): Uint8Array {
    return this.bytes.subarray(row === 0 ? 0 : this.ends[row - 1], this.ends[row]);
  }

  at(row: number): string {
    return decoder.decode(this.bytesAt(row));
  }

  tensors(name: string): [string, StoredTensor][] {
    const { buffer, byteOffset, byteLength } = this.ends;
    return [
      [name, storedTensor('U8', [this.bytes.length], this.bytes)],
      [`${name}.ends`, storedTensor('I32', [this.length], new Uint8Array(buffer, byteOffset, byteLength))],
    ];
  }
}

/** The file that texts are in. */
interface TextFile {
  /** In errors. */
  readonly name: string;
  /** Whether it is in memory: its texts are then looked for once. */
  readonly isKept: boolean;
}

/** Texts in a file, of which some are read at a time. */
export class StoredTexts {
  readonly #bytes: WeightTensor;
  readonly #ends: WeightTensor;
  readonly #file: TextFile;
  #kept: Promise<TextColumn> | undefined;

  /** @throws Error unless the file has both tensors, one end for each row */
  constructor(tensors: ReadonlyMap<string, WeightTensor>, name: string, rows: number, file: TextFile) {
    const [bytes, ends] = [tensors.get(name), tensors.get(`${name}.ends`)];
    if (bytes?.dtype !== 'U8' || ends?.dtype !== 'I32' || bytes.shape.length !== 1 || ends.shape.join() !== `${rows}`)
      throw new Error(`expected tensors ${name} U8 and ${name}.ends I32 [${rows}]`);
    this.#bytes = bytes;
    this.#ends = ends;
    this.#file = file;
  }

  /** Bytes of all texts. */
  get size(): number {
    return this.#bytes.shape[0];
  }

  /** Some texts that lie one after the other. @throws Error naming the file where the ends are no places in rising order */
  async read(first: number, count: number): Promise<TextColumn> {
    const from = Math.max(first - 1, 0);
    const read = int32(await this.#ends.rows!(from, first + count - from).read());
    const start = first === 0 ? 0 : read[0];
    const ends = read.slice(first - from).map((end) => end - start);
    const isRising = start >= 0 && ends.every((end, i) => end >= (i === 0 ? 0 : ends[i - 1]));
    const length = ends.at(-1) ?? 0;
    if (!isRising || start + length > this.#bytes.shape[0])
      throw new Error(`${this.#file.name}: the ends of its texts are damaged near row ${first}`);
    return new TextColumn(await this.#bytes.rows!(start, length).read(), ends);
  }

  async at(row: number): Promise<string> {
    return this.#file.isKept ? (await this.#all()).at(row) : (await this.read(row, 1)).at(0);
  }

  /** Some texts. @param rows in rising order */
  async pick(rows: readonly number[]): Promise<string[]> {
    if (this.#file.isKept) {
      const all = await this.#all();
      return rows.map((row) => all.at(row));
    }
    const parts = await Promise.all(
      runsOf(rows).map(async ({ first, last, from, to }) => {
        const column = await this.read(first, last - first + 1);
        return rows.slice(from, to).map((row) => column.at(row - first));
      }),
    );
    return parts.flat();
  }

  #all(): Promise<TextColumn> {
    this.#kept ??= this.read(0, this.#ends.shape[0]);
    return this.#kept;
  }
}

/** Little-endian whole numbers, at any alignment. */
export const int32 = (bytes: Uint8Array): Int32Array => new Int32Array(new Uint8Array(bytes).buffer);
