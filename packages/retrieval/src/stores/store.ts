import type { Filter } from './filter.ts';

/** What is known of an image besides its feature: a JSON object. `Filter` looks at its fields. */
export type Metadata = { readonly [field: string]: unknown };

/** What a store's features were made by. Features of two models do not compare, so a store holds those of one. */
export interface StoreModel {
  /** Values in a feature. */
  readonly dim: number;
  /** Identifies CLIP and preprocessing: `imageFingerprint`. */
  readonly fingerprint: string;
}

/** Images to be stored. */
export interface StoreRows {
  readonly ids: readonly string[];
  /** [ids, dim], as CLIP gives them: not normalized, since a query may be composed of them. */
  readonly features: Float32Array;
  /** One for each id; `{}` where it is left out. */
  readonly metadata?: readonly Metadata[];
}

/** An image as it is stored. */
export interface StoredImage {
  readonly id: string;
  /** [dim], not normalized, rounded as the store keeps it. */
  readonly feature: Float32Array;
  readonly metadata: Metadata;
}

/** What a search asks for, besides its query features. */
export interface StoreSearch {
  /** How many images to find, 1 or more; 10 unless given. */
  readonly k?: number;
  /** How many of the best are passed over, for the next page; 0 unless given. */
  readonly offset?: number;
  /** The least cosine similarity that counts. */
  readonly minScore?: number;
  /** What the metadata of an image must be like. */
  readonly filter?: Filter;
  /** Only these are ranked: CIRR's subset, what another engine has found. Ids that are not there do no harm. */
  readonly candidates?: Iterable<string>;
  /** These are not found. Ids that are not there do no harm. */
  readonly exclude?: Iterable<string>;
  /**
   * Leaves out near-duplicates: an image whose cosine similarity with a better one that is kept is at least this. What
   * is left out counts neither for `k` nor for `offset`.
   */
  readonly distinct?: number;
}

/** An image that was found. */
export interface StoreHit {
  readonly id: string;
  /** Cosine similarity with the query feature. */
  readonly score: number;
  readonly metadata: Metadata;
}

/**
 * Features of images with ids and metadata, searched by cosine similarity: in files, in a database, on many machines.
 *
 * The interface is made so that one set of tests (`conformance`) holds for all of them, and each can do its part where
 * its data is:
 * - A search takes features, not images and words: the query is composed once, by the `Retriever`, whatever stores it.
 * - Several features with the same wishes are one call, since a GPU, and a connection, answer them at the price of one.
 * - Filters are data, not functions, so that they can become SQL.
 * - Hits are ids, scores and metadata, best first, and `k` of each of several stores merge into the `k` of all of them.
 * - `put` replaces what is there by the same id and `delete` takes ids that are not there: either can be repeated after
 *   a failure, so that workers that are killed and started again neither lose nor duplicate anything.
 * - All that may need a disk or a network is a promise, and what is not acknowledged by one may be lost.
 */
export interface Store {
  readonly model: StoreModel;
  /**
   * Stores images, in the place of those that have the same ids. They are there for good, all of them, when this
   * resolves; where it does not, all of them or none. Of an id that occurs twice the last one counts.
   * @throws RangeError where a feature is of another width or not finite, naming its id
   */
  put(rows: StoreRows): Promise<void>;
  /** Takes images out. @returns how many were there */
  delete(ids: Iterable<string>): Promise<number>;
  /** The images of some ids, in their order; undefined for one that is not there. Ids are compared to the byte. */
  get(ids: readonly string[]): Promise<(StoredImage | undefined)[]>;
  /**
   * The images most like each of some features, best first. Equal scores are in an order of the store's own, the same
   * on every page as long as nothing is written.
   * @param features [queries, dim], raw or normalized
   * @returns a list for each query
   * @throws RangeError where the features are of another width or not finite, or a wish is out of range
   */
  search(features: Float32Array, search?: StoreSearch): Promise<StoreHit[][]>;
  /** How many images there are, or how many of them pass a filter. */
  count(filter?: Filter): Promise<number>;
  /** All images, in batches, in an order of the store's own. */
  items(): AsyncIterable<Required<StoreRows>>;
  /** Ends what is under way, and lets go of files and connections. */
  close(): Promise<void>;
}

/**
 * The images most like one that is stored, which is itself left out.
 * @throws RangeError where there is no such image
 */
export async function similarTo(store: Store, id: string, search: StoreSearch = {}): Promise<StoreHit[]> {
  const { feature } = await storedImage(store, id);
  const [hits] = await store.search(feature, { ...search, exclude: [...(search.exclude ?? []), id] });
  return hits;
}

/** An image of a store. @throws RangeError where there is no such image */
export async function storedImage(store: Store, id: string): Promise<StoredImage> {
  const [image] = await store.get([id]);
  if (image === undefined) throw new RangeError(`the store has no image '${id}'`);
  return image;
}

/** @throws RangeError naming both models, unless features of one compare with those of the other */
export function expectModel(stored: StoreModel, asked: StoreModel, name = 'the store'): void {
  if (stored.fingerprint === asked.fingerprint && stored.dim === asked.dim) return;
  throw new RangeError(
    `${name} holds features of another CLIP or preprocessing: ${stored.dim} values of ${stored.fingerprint}, ` +
      `expected ${asked.dim} of ${asked.fingerprint}. Take the model that made it, or index the images into another store`,
  );
}
