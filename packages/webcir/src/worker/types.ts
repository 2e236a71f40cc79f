import type { RawImage } from '@webcir/clip';
import type { RetrieverOptions, Source, StoredOptions } from '@webcir/retrieval';

/** A file that the worker downloads and stores itself (`storedSource`). */
export interface StoredAddress extends Omit<StoredOptions, 'signal'> {
  readonly stored: string | URL;
}

/** A file of which the worker fetches what it needs (`rangeSource`). */
export interface RangesOf {
  readonly ranges: string | URL;
}

/** Where a worker has bytes from. */
export type WorkerSource = Source | StoredAddress | RangesOf;

/** Options of `Retriever.load`, of which a worker takes no models that have been read, and no device. */
export type WorkerOptions = Omit<RetrieverOptions, 'clip' | 'combiner' | 'tokenizer' | 'device'> & {
  readonly clip: WorkerSource;
  readonly combiner?: WorkerSource | undefined;
  /** CLIP's vocabulary. */
  readonly tokenizer: WorkerSource;
};

/** The same with image files in the place of images, too: they are decoded in the worker. */
export type WithFiles<T> = T extends RawImage
  ? RawImage | Blob
  : T extends readonly (infer Item)[]
    ? readonly WithFiles<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: WithFiles<T[Key]> }
      : T;
