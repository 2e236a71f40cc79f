import {
  add,
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
import { type ByteScale, byteScaleOf, byteTolerance, forBytes } from './byte-scale.ts';
import { copyRows, type FeatureReader, freeShard, paddedDim, rowsThatFit, uploadShards } from './gallery-shards.ts';
import { expectFinite, rowCount } from './rows.ts';

/** How a gallery's features are stored on the device. */
export interface GalleryOptions {
  /**
   * How features are kept on the device. `'f16'` takes half the memory, and half the time per query; a feature is then
   * rounded to eleven bits, and the ranking is exact for the features so rounded. `'i8'` takes a quarter of the memory,
   * and rounds each dimension to one of 255 values between its least and its largest: for whoever ranks what is found
   * again by the features. `'f32'` unless given.
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

/** A gallery's features on a device, as kernels read them. */
interface PackedFeatures {
  /** Normalized and packed (`packGallery`). */
  readonly shards: readonly Tensor[];
  readonly size: number;
  /** What bytes stand for, where they are bytes. */
  readonly scale?: ByteScale | undefined;
}

/**
 * The images nearest to some queries, best first, in a graph.
 * @param queries [q, dim], raw or normalized
 */
export function nearestImages(
  queries: Tensor,
  { shards, size, scale }: PackedFeatures,
  k: number,
): readonly [scores: Tensor, indices: Tensor] {
  const [count, dim] = queries.shape;
  const missing = paddedDim(dim) - dim; // kernels read four dimensions at a time; zeros change no score
  const unit = l2Normalize(missing === 0 ? queries : concat([queries, fill([count, missing], 0)], 1));
  if (!scale) return nearest(unit, shards, size, k);
  const { scaled, rest } = forBytes(unit, scale);
  const [scores, indices] = nearest(scaled, shards, size, k);
  return [add(scores, rest), indices];
}

/** The cosine similarities of all images with some queries, [q, size], in a graph. */
function allScores(queries: Tensor, { shards, size, scale }: PackedFeatures): Tensor {
  const unit = l2Normalize(queries);
  if (!scale) return galleryScores(unit, shards, size);
  const { scaled, rest } = forBytes(unit, scale);
  return add(galleryScores(scaled, shards, size), rest);
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
  readonly #packed: PackedFeatures;
  readonly #programs = new Map<string, Promise<Program<'scores' | 'indices'>>>();
  #scores: Promise<Program<'scores'>> | undefined;

  private constructor(
    device: Device,
    packed: PackedFeatures,
    { dim, storage }: { dim: number; storage: GalleryStorage },
  ) {
    this.device = device;
    this.#packed = packed;
    this.size = packed.size;
    this.dim = dim;
    this.storage = storage;
  }

  /**
   * Normalizes a gallery's features and copies them to the device.
   * @param features `[size, dim]`, raw or normalized; or what reads them, a block at a time
   * @throws RangeError where the gallery is empty, its length is no multiple of `dim`, a feature is not finite, or
   *   `shardRows` is no multiple of 64; OutOfMemoryError
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
    const scale = storage === 'i8' ? await byteScaleOf(reader, dim, paddedDim(dim)) : undefined;
    const shards = await uploadShards(device, reader, {
      dim,
      storage,
      shardRows: Math.min(shardRows ?? limit, limit),
      scale,
    });
    return new GalleryIndex(device, { shards, size, scale }, { dim, storage });
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
      outputs: { scores: allScores(input('query', [1, paddedDim(this.dim)]), this.#packed) },
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
    return nearestImages(queries, this.#packed, k);
  }

  /**
   * How far a score of the device may be from the one in float64. Halves are off by one part in 2^11, of products whose
   * magnitudes sum to 1 at most, and those below 2^-14 are zeros; a sum in float32 of `dim` products is off by `dim`
   * times 2^-24. For bytes it is what never comes, not a bound (`byteTolerance`).
   * @param query `[dim]`, raw or normalized
   */
  tolerance(query: Float32Array): number {
    const { scale } = this.#packed;
    const summed = (this.dim + 8) * 2 ** -23;
    if (scale) return summed + byteTolerance(query, scale);
    return this.storage === 'f16' ? summed + 2 ** -11 + 2 ** -14 * Math.sqrt(this.dim) : summed;
  }

  /** Frees the device memory of the features and programs; the device itself stays open. */
  async dispose(): Promise<void> {
    const programs = [...this.#programs.values(), ...(this.#scores ? [this.#scores] : [])];
    for (const made of await Promise.allSettled<Program<'scores'>>(programs)) {
      if (made.status === 'fulfilled') made.value.dispose();
    }
    this.#programs.clear();
    this.#scores = undefined;
    for (const shard of this.#packed.shards) freeShard(shard);
  }

  /** Compiles the program of a kind of search when it is first needed. */
  #program(batch: number, k: number): Promise<Program<'scores' | 'indices'>> {
    return remember(this.#programs, `${batch} ${k}`, () => {
      const [scores, indices] = this.nearest(input('queries', [batch, paddedDim(this.dim)]), k);
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
