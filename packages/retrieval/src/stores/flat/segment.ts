import {
  elementsOf,
  memorySource,
  openSafetensors,
  readFloat32,
  storedTensor,
  toFloat32,
  type WeightTensor,
} from '@webcir/clip';
import type { Metadata, StoreModel } from '../store.ts';
import type { OpenFile, StoreFiles } from './files.ts';
import { runsOf } from './runs.ts';
import { int32, StoredTexts } from './text-column.ts';

/**
 * How a store keeps features: as they come, or rounded to halves, in half the space. 'I8' keeps halves too, and searches
 * by bytes: in half the device's memory, and in 0.6 of the time. What is found by them is ranked by the halves.
 */
export type FlatStorage = 'F32' | 'F16' | 'I8';

/** How features lie in the files of a store. */
export const dtypeOf = (storage: FlatStorage): 'F32' | 'F16' => (storage === 'F32' ? 'F32' : 'F16');

/** Rows that a segment may have: a hash of 32 bits and a row fit into one whole number of a float64. */
export const MAX_SEGMENT_ROWS = 2 ** 21;

/** Bytes of a file that is read once, and kept: it is less than what a batch of searches would read of it, piece by piece. */
const keptBytes = 2 ** 23;
/** Rows that are read at once. */
const blockRows = 4096;

/**
 * A file of images that never changes: features `[rows, dim]`, ids and metadata, and a table that finds an id. It is a
 * safetensors file, so that Python reads its features in one line. Opening it reads the header alone; what a search needs
 * of it is read where it lies.
 */
export class Segment {
  readonly file: string;
  readonly rows: number;
  readonly dim: number;
  /** [rows, dim], F32 or F16 */
  readonly features: WeightTensor;
  readonly ids: StoredTexts;
  readonly metadata: StoredTexts;
  /** Bytes of ids and metadata. */
  readonly textBytes: number;
  readonly #source: OpenFile;
  /** Whether the file is in memory; its features and texts are then made of it once. */
  readonly #isKept: boolean;
  #floats: Promise<Float32Array> | undefined;
  readonly #tensors: ReadonlyMap<string, WeightTensor>;
  #hashes: Promise<{ readonly hashes: Uint32Array; readonly rows: Int32Array }> | undefined;

  private constructor(file: string, source: OpenFile, tensors: ReadonlyMap<string, WeightTensor>, dim: number) {
    const features = tensors.get('features');
    if (features?.shape.length !== 2 || features.shape[1] !== dim)
      throw new Error(`expected a tensor features [rows, ${dim}]`);
    this.file = file;
    this.#source = source;
    this.#isKept = source.size <= keptBytes;
    this.#tensors = tensors;
    this.features = features;
    [this.rows, this.dim] = features.shape;
    const texts = { name: source.name, isKept: this.#isKept };
    this.ids = new StoredTexts(tensors, 'ids', this.rows, texts);
    this.metadata = new StoredTexts(tensors, 'metadata', this.rows, texts);
    this.textBytes = this.ids.size + this.metadata.size;
  }

  /** @throws Error naming the file that is missing, damaged, or of another model */
  static async open(files: StoreFiles, file: string, model: StoreModel): Promise<Segment> {
    const source = await keptIfSmall(await files.open(file));
    try {
      const { tensors, metadata } = await openSafetensors(source);
      const fingerprint = metadata.get('fingerprint');
      if (fingerprint !== model.fingerprint)
        throw new Error(`expected features of the model ${model.fingerprint}, found ${fingerprint}`);
      return new Segment(file, source, tensors, model.dim);
    } catch (cause) {
      await source.close();
      throw new Error(`${files.name}/${file}: ${(cause as Error).message}`, { cause });
    }
  }

  /** The file with the folder that it is in, for errors. */
  get name(): string {
    return this.#source.name;
  }

  /** Features that lie one after the other, [count, dim]. */
  read(first: number, count: number): Promise<Float32Array> {
    return readFloat32(this.features.rows!(first, count));
  }

  /** Features of some rows, as they are stored. @param rows in rising order @returns bytes [rows, dim] */
  async gather(rows: ArrayLike<number>): Promise<Uint8Array> {
    const rowBytes = bytesOf(this.features) / Math.max(this.rows, 1);
    const gathered = new Uint8Array(rows.length * rowBytes);
    await Promise.all(
      runsOf(rows).map(async ({ first, last, from, to }) => {
        const bytes = await this.features.rows!(first, last - first + 1).read();
        for (let i = from; i < to; i++) {
          const at = (rows[i] - first) * rowBytes;
          gathered.set(bytes.subarray(at, at + rowBytes), i * rowBytes);
        }
      }),
    );
    return gathered;
  }

  /** Features of some rows, in blocks. @param rows in rising order */
  async *blocks(rows: ArrayLike<number>): AsyncGenerator<{ readonly rows: number[]; readonly features: Float32Array }> {
    for (let start = 0; start < rows.length; start += blockRows) {
      const part = Array.prototype.slice.call(rows, start, start + blockRows) as number[];
      yield { rows: part, features: await this.#featuresOf(part) };
    }
  }

  /** [rows, dim] */
  async #featuresOf(rows: readonly number[]): Promise<Float32Array> {
    const { dim } = this;
    if (!this.#isKept) return toFloat32(storedTensor(this.features.dtype, [rows.length, dim], await this.gather(rows)));
    this.#floats ??= readFloat32(this.features);
    const all = await this.#floats;
    if (rows.length === this.rows) return all;
    const gathered = new Float32Array(rows.length * dim);
    for (const [i, row] of rows.entries()) gathered.set(all.subarray(row * dim, (row + 1) * dim), i * dim);
    return gathered;
  }

  idAt(row: number): Promise<string> {
    return this.ids.at(row);
  }

  async metadataAt(row: number): Promise<Metadata> {
    return JSON.parse(await this.metadata.at(row));
  }

  /** The rows whose ids have a hash, nearly always one or none: `idAt` tells whether it is the one that was meant. */
  async rowsByHash(hash: number): Promise<Int32Array> {
    this.#hashes ??= this.#readHashes();
    const { hashes, rows } = await this.#hashes;
    let [low, high] = [0, hashes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (hashes[middle] < hash) low = middle + 1;
      else high = middle;
    }
    let end = low;
    while (end < hashes.length && hashes[end] === hash) end++;
    return rows.subarray(low, end);
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  async #readHashes() {
    const read = async (name: string) => int32(await this.#tensors.get(name)!.read());
    const [hashes, rows] = [await read('ids.hashes'), await read('ids.rows')];
    return { hashes: new Uint32Array(hashes.buffer), rows };
  }
}

async function keptIfSmall(file: OpenFile): Promise<OpenFile> {
  if (file.size > keptBytes) return file;
  try {
    return { ...memorySource(await file.read(0, file.size), file.name), close: async () => {} };
  } finally {
    await file.close();
  }
}

const bytesOf = ({ dtype, shape }: WeightTensor): number => elementsOf(shape) * (dtype === 'F32' ? 4 : 2);
