import type { RawImage } from '@webcir/clip';
import type { Query } from '@webcir/retrieval';
import { Batcher } from './batcher.ts';
import type { Limits } from './limits.ts';
import type { ServedModels } from './models.ts';

/** Queries and images of all requests, encoded many at a time. */
export class Encoding {
  readonly #queries: Batcher<Query, Float32Array>;
  readonly #images: Batcher<RawImage, Float32Array>;

  constructor(
    models: ServedModels,
    { batch, waiting, linger }: Limits,
    onBatch: (work: string, size: number, seconds: number) => void,
  ) {
    const { embedDim } = models.config;
    const rowsOf = (features: Float32Array, count: number) =>
      Array.from({ length: count }, (_, row) => features.slice(row * embedDim, (row + 1) * embedDim));
    this.#queries = new Batcher({
      name: 'queries',
      batch,
      waiting,
      linger,
      run: (queries) => models.use(async (models) => rowsOf(await models.compose(queries), queries.length)),
      onBatch: (size, seconds) => onBatch('compose', size, seconds),
    });
    this.#images = new Batcher({
      name: 'images',
      batch,
      waiting,
      linger,
      run: (images) =>
        models.use(async (models) => {
          const entries = images.map((image, row) => [String(row), image] as const);
          return rowsOf((await models.encodeImages(entries)).features, images.length);
        }),
      onBatch: (size, seconds) => onBatch('encode', size, seconds),
    });
  }

  /** Queries, and images, that wait. */
  get waiting(): { readonly compose: number; readonly encode: number } {
    return { compose: this.#queries.waiting, encode: this.#images.waiting };
  }

  /** The query feature of each of some queries, [embed]. */
  compose(queries: readonly Query[], signal: AbortSignal): Promise<Float32Array[]> {
    return this.#queries.ask(queries, signal);
  }

  /** The feature of each of some images, [embed], as CLIP gives it. */
  images(images: readonly RawImage[], signal: AbortSignal): Promise<Float32Array[]> {
    return this.#images.ask(images, signal);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all([this.#queries.idle(), this.#images.idle()]);
  }
}
