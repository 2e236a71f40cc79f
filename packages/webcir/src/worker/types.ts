import type {
  Entries,
  IndexOptions,
  Query,
  Retriever,
  RetrieverOptions,
  ShownImage,
  Source,
  StoredOptions,
} from '@webcir/retrieval';

/** What messages pass through: a Worker, the scope of one, a MessagePort. */
export interface Port {
  postMessage(message: unknown, transfer: (ArrayBuffer | ImageBitmap)[]): void;
  addEventListener(type: string, listener: (event: Event) => void): void;
  /** MessagePorts wait for it. */
  start?(): void;
}

/** Options of `loadInWorker`. */
export interface InWorkerOptions {
  /** A worker of your own, whose script calls `serveRetriever`, or a port to one. It is never ended here. */
  readonly worker?: Port | undefined;
}

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

/** A `Retriever` in a worker: the page stays free while it works. */
export interface WorkerRetriever extends Pick<Retriever, 'config' | 'preprocessing'> {
  /**
   * As `Retriever.index`, but for images on a device of the page's. Image files are decoded in the worker. The memory
   * of pixels and bitmaps moves there, so that images cannot be used again afterwards: those that are to be must be
   * copies.
   */
  index(images: Entries<ShownImage>, options?: IndexOptions): Promise<WorkerGallery>;
  /** As `Retriever.restore`. */
  restore(...args: Parameters<Retriever['restore']>): Promise<WorkerGallery>;
  /**
   * As `Retriever.search`, but for images and features on a device of the page's. Image files are decoded in the worker;
   * pixels are copied to it.
   */
  search(gallery: WorkerGallery, query: Query): ReturnType<Retriever['search']>;
  /** Frees the device memory of the models and of all galleries, and ends the worker where `loadInWorker` made it. */
  dispose(): Promise<void>;
  /** Ends the worker at once where `loadInWorker` made it; calls that wait are rejected in any case. */
  terminate(): void;
}

/** A `Gallery` in a worker. */
export interface WorkerGallery {
  readonly ids: readonly string[];
  /** A copy of `Gallery.features`. */
  features(): Promise<Float32Array>;
  /** As `Gallery.fingerprint`. */
  fingerprint(): Promise<string>;
  /** As `Gallery.dispose`. */
  dispose(): Promise<void>;
}
