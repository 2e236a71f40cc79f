import {
  compile,
  concat,
  type Device,
  fill,
  type GalleryStorage,
  galleryScores,
  input,
  l2Normalize,
  MAX_SELECTED,
  nearest,
  PANEL_ROWS,
  type Program,
  remember,
  type Tensor,
} from '@webcir/kernels';
import { copyRows, type FeatureReader, freeShard, paddedDim, rowsThatFit, uploadShards } from './gallery-shards.ts';
import { expectFinite, rowCount } from './rows.ts';

/** How a gallery's features are stored on the device. */
export interface GalleryOptions {
  /**
   * How features are kept on the device. `'f16'` takes half the memory, and half the time per query; a feature is then
   * rounded to eleven bits, and the ranking is exact for the features so rounded. `'f32'` unless given.
   */
  readonly storage?: GalleryStorage;
  /** Rows in one buffer, a multiple of 64; as many as the device can bind, unless given. */
  readonly shardRows?: number;
}

/** The gallery images nearest to each of some queries, best first; equal scores keep the gallery's order. */
export interface Neighbours {
  /** Images per query: what was asked for, or the size of a smaller gallery. */
  readonly k: number;
  /** [queries, k] */
  readonly indices: Uint32Array;
  /** Cosine similarities, [queries, k]. */
  readonly scores: Float32Array;
}

/** The maximum number of images that a gallery can be asked for at once. */
export const MAX_NEIGHBOURS = MAX_SELECTED;

/** Sizes of a run, each with its own program, and the queries from which each pays: zeros fill up the rest of a run. */
const batches = [
  { queries: 256, minQueries: 129 },
  { queries: 32, minQueries: 17 },
  { queries: 8, minQueries: 2 },
  { queries: 1, minQueries: 1 },
];

/** How many of the queries go into the next run: `nearest` keeps a score for every eight images in one buffer. */
export function batchFor(queries: number, size: number, maxBindingSize: number): number {
  const fits = (batch: number) => batch * Math.ceil(size / 8) * 4 <= maxBindingSize;
  return batches.find((batch) => queries >= batch.minQueries && fits(batch.queries))?.queries ?? 1;
}

/**
 * The nearest of `size` images to some queries, best first, in a graph.
 * @param queries [q, dim], raw or normalized
 * @param shards of the gallery, normalized and packed (`packGallery`)
 */
export function nearestImages(
  queries: Tensor,
  shards: readonly Tensor[],
  size: number,
  k: number,
): readonly [scores: Tensor, indices: Tensor] {
  const [count, dim] = queries.shape;
  const missing = paddedDim(dim) - dim; // kernels read four dimensions at a time; zeros change no score
  const padded = missing === 0 ? queries : concat([queries, fill([count, missing], 0)], 1);
  return nearest(l2Normalize(padded), shards, size, k);
}

/**
 * The features of a gallery on the device, normalized, to be searched by cosine similarity any number of times. Up to
 * 256 queries are one submit, however many buffers the gallery needs, and only their results are read back.
 */
export class GalleryIndex {
  readonly device: Device;
  /** The number of images. */
  readonly size: number;
  readonly dim: number;
  readonly storage: GalleryStorage;
  readonly #shards: readonly Tensor[];
  readonly #programs = new Map<string, Promise<Program<'scores' | 'indices'>>>();
  #scores: Promise<Program<'scores'>> | undefined;

  private constructor(
    device: Device,
    shards: readonly Tensor[],
    { size, dim, storage }: { size: number; dim: number; storage: GalleryStorage },
  ) {
    this.device = device;
    this.#shards = shards;
    this.size = size;
    this.dim = dim;
    this.storage = storage;
  }

  /**
   * Normalizes a gallery's features and copies them to the device.
   * @param features `[size, dim]`, raw or normalized; or what reads them, a block at a time
   * @throws RangeError where the gallery is empty, its length is no multiple of `dim`, a feature is not finite, or
   *   `shardRows` is no multiple of 64; GpuError where the device has too little memory
   */
  static async create(
    device: Device,
    features: Float32Array | FeatureReader,
    dim: number,
    { storage = 'f32', shardRows }: GalleryOptions = {},
  ): Promise<GalleryIndex> {
    const reader = features instanceof Float32Array ? inMemory(features, dim) : features;
    const { size } = reader;
    if (size === 0) throw new RangeError('gallery: expected at least one image to search, found none');
    if (shardRows !== undefined && !(shardRows > 0 && shardRows % PANEL_ROWS === 0)) {
      throw new RangeError(`shardRows: expected a multiple of ${PANEL_ROWS}, found ${shardRows}`);
    }
    const limit = rowsThatFit(device, dim, storage);
    const shards = await uploadShards(device, reader, {
      dim,
      storage,
      shardRows: Math.min(shardRows ?? limit, limit),
    });
    return new GalleryIndex(device, shards, { size, dim, storage });
  }

  /**
   * @param queries `[q, dim]`, raw or normalized
   * @param k at most `MAX_NEIGHBOURS`
   * @throws RangeError where the length of queries is no multiple of `dim`, a feature is not finite, or `k` is out of
   *   range
   */
  async search(queries: Float32Array, k: number): Promise<Neighbours> {
    const count = rowCount('queries', queries, this.dim);
    if (!Number.isInteger(k) || k < 1 || k > MAX_NEIGHBOURS) {
      throw new RangeError(`k: expected a whole number from 1 to ${MAX_NEIGHBOURS}, found ${k}`);
    }
    expectFinite('queries', queries, this.dim);
    const found = Math.min(k, this.size);
    const indices = new Uint32Array(count * found);
    const scores = new Float32Array(count * found);
    const answer = async (start: number, end: number, batch: number) => {
      const padded = new Float32Array(batch * paddedDim(this.dim));
      copyRows(queries.subarray(start * this.dim, end * this.dim), this.dim, padded);
      const program = await this.#program(batch, found);
      const results = await program.runAndRead({ queries: padded }, ['scores', 'indices']);
      const wanted = (end - start) * found;
      scores.set(results.scores.subarray(0, wanted), start * found);
      indices.set(new Uint32Array(results.indices.buffer, results.indices.byteOffset, wanted), start * found);
    };
    const answers: Promise<void>[] = [];
    for (let start = 0, batch: number; start < count; start += batch) {
      batch = batchFor(count - start, this.size, this.device.capabilities.maxBindingSize);
      answers.push(answer(start, Math.min(start + batch, count), batch));
    }
    await Promise.all(answers);
    return { k: found, indices, scores };
  }

  /**
   * The cosine similarity of every image with one query, as `search` ranks them.
   * @param query `[dim]`, raw or normalized
   * @returns `[size]`
   * @throws RangeError where the query is of another width, or not finite
   */
  async scores(query: Float32Array): Promise<Float32Array> {
    if (query.length !== this.dim) throw new RangeError(`query: expected ${this.dim} values, found ${query.length}`);
    expectFinite('query', query, this.dim);
    this.#scores ??= compile(this.device, {
      outputs: {
        scores: galleryScores(l2Normalize(input('query', [1, paddedDim(this.dim)])), this.#shards, this.size),
      },
    });
    const padded = new Float32Array(paddedDim(this.dim));
    padded.set(query);
    return (await (await this.#scores).runAndRead({ query: padded }, ['scores'])).scores;
  }

  /**
   * Adds a search to a graph: the nearest images of some queries.
   * @param queries [q, dim], raw or normalized
   * @param k at most `MAX_NEIGHBOURS` and `size`
   * @returns scores [q, k] and indices [q, k], best first
   */
  nearest(queries: Tensor, k: number): readonly [scores: Tensor, indices: Tensor] {
    return nearestImages(queries, this.#shards, this.size, k);
  }

  /** Frees the device memory of the features and programs; the device itself stays open. */
  async dispose(): Promise<void> {
    const programs = [...this.#programs.values(), ...(this.#scores ? [this.#scores] : [])];
    for (const made of await Promise.allSettled<Program<'scores'>>(programs)) {
      if (made.status === 'fulfilled') made.value.dispose();
    }
    this.#programs.clear();
    this.#scores = undefined;
    for (const shard of this.#shards) freeShard(shard);
  }

  /** Compiles the program of a kind of search when it is first needed. */
  #program(batch: number, k: number): Promise<Program<'scores' | 'indices'>> {
    return remember(this.#programs, `${batch} ${k}`, () => {
      const queries = l2Normalize(input('queries', [batch, paddedDim(this.dim)]));
      const [scores, indices] = nearest(queries, this.#shards, this.size, k);
      return compile(this.device, { outputs: { scores, indices } });
    });
  }
}

/** @throws RangeError where the length is no multiple of `dim`, or a feature is not finite */
function inMemory(features: Float32Array, dim: number): FeatureReader {
  const size = rowCount('gallery', features, dim);
  expectFinite('gallery', features, dim);
  return { size, read: async (first, count) => features.subarray(first * dim, (first + count) * dim) };
}
