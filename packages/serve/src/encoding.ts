import type { RawImage } from '@webcir/clip';
import { joinFeatures, type Query, type StoreHit, type StoreSearch } from '@webcir/retrieval';
import { Batcher, type BatcherOptions } from './batcher.ts';
import type { ServedGallery } from './gallery.ts';
import type { Limits } from './limits.ts';
import type { ServedModels } from './models.ts';

/** What is searched for, and where. */
export interface Search {
  readonly gallery: ServedGallery;
  readonly query: Query;
  readonly wishes: StoreSearch;
}

type Wish = Pick<Search, 'query'> & Partial<Search>;

interface Answer {
  readonly feature: Float32Array;
  /** What was found, or why nothing could be. */
  readonly hits?: readonly StoreHit[] | Error;
}

/** Called with a kind of work, how much was done at once, and for how long. */
export type OnBatch = (work: string, size: number, seconds: number) => void;

/**
 * Queries and images of all requests, encoded many at a time. A search belongs to the batch of its query: were it another
 * one, requests would fall into two halves that take turns, and each batch be half as large.
 */
export class Encoding {
  readonly #models: ServedModels;
  readonly #onBatch: OnBatch;
  readonly #queries: Batcher<Wish, Answer>;
  readonly #images: Batcher<RawImage, Float32Array>;

  constructor(models: ServedModels, { batch, waiting, linger }: Limits, onBatch: OnBatch) {
    const shared = { batch, waiting, linger } satisfies Partial<BatcherOptions<never, never>>;
    this.#models = models;
    this.#onBatch = onBatch;
    this.#queries = new Batcher({ ...shared, name: 'queries', run: (wishes) => this.#answer(wishes) });
    this.#images = new Batcher({ ...shared, name: 'images', run: (images) => this.#encode(images) });
  }

  /** Queries, and images, that wait. */
  get waiting(): { readonly compose: number; readonly encode: number } {
    return { compose: this.#queries.waiting, encode: this.#images.waiting };
  }

  /** The query feature of each of some queries, [embed]. */
  async compose(queries: readonly Query[], signal: AbortSignal): Promise<Float32Array[]> {
    const answers = await this.#queries.ask(
      queries.map((query) => ({ query })),
      signal,
    );
    return answers.map(({ feature }) => feature);
  }

  /** @throws RangeError for a wish that is out of range */
  async search(search: Search, signal: AbortSignal): Promise<readonly StoreHit[]> {
    const [{ hits = [] }] = await this.#queries.ask([search], signal);
    if (hits instanceof Error) throw hits;
    return hits;
  }

  /** The feature of each of some images, [embed], as CLIP gives it. */
  images(images: readonly RawImage[], signal: AbortSignal): Promise<Float32Array[]> {
    return this.#images.ask(images, signal);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all([this.#queries.idle(), this.#images.idle()]);
  }

  async #answer(wishes: readonly Wish[]): Promise<Answer[]> {
    const composed = await this.#timed('compose', wishes.length, () =>
      this.#models.use((models) => models.compose(wishes.map(({ query }) => query))),
    );
    const answers = this.#rowsOf(composed, wishes.length).map((feature) => ({ feature }) as Answer);
    const found = new Map<number, Answer['hits']>();
    for (const group of groupsOf(wishes)) {
      const [{ gallery, wishes: search }] = group.map((i) => wishes[i] as Search);
      const features = joinFeatures(
        group.map((i) => answers[i]),
        this.#models.config.embedDim,
      );
      const hits = await this.#timed('search', group.length, () =>
        gallery.store.search(features, search).catch((error: Error) => error),
      );
      for (const [at, i] of group.entries()) found.set(i, hits instanceof Error ? hits : hits[at]);
    }
    return answers.map((answer, i) => ({ ...answer, hits: found.get(i) }));
  }

  async #encode(images: readonly RawImage[]): Promise<Float32Array[]> {
    const entries = images.map((image, row) => [String(row), image] as const);
    const { features } = await this.#timed('encode', images.length, () =>
      this.#models.use((models) => models.encodeImages(entries)),
    );
    return this.#rowsOf(features, images.length);
  }

  #rowsOf(features: Float32Array, count: number): Float32Array[] {
    const { embedDim } = this.#models.config;
    return Array.from({ length: count }, (_, row) => features.slice(row * embedDim, (row + 1) * embedDim));
  }

  async #timed<T>(work: string, size: number, run: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await run();
    this.#onBatch(work, size, (performance.now() - started) / 1000);
    return result;
  }
}

/** Indices of searches that ask one gallery for the same: a store answers them in one call. */
function groupsOf(wishes: readonly Wish[]): number[][] {
  const groups = new Map<string, number[]>();
  for (const [i, { gallery, wishes: search }] of wishes.entries()) {
    if (!gallery) continue;
    const key = JSON.stringify([gallery.name, search]);
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  return [...groups.values()];
}
