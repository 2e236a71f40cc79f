import type { ClipConfig, Preprocessing, RawImage } from '@webcir/clip';
import type { Entries, IndexOptions, Retriever } from '@webcir/retrieval';
import { type Channel, Transferred } from './channel.ts';
import type { Pulled, SentGallery } from './serve.ts';
import type { WithFiles } from './types.ts';

/** A `Retriever` in a worker: the page stays free while it works. */
export class WorkerRetriever {
  readonly config: ClipConfig;
  readonly preprocessing: Preprocessing;
  readonly #channel: Channel;
  readonly #end: () => void;
  #ended = false;

  /** @internal use `loadInWorker` */
  constructor(loaded: Pick<Retriever, 'config' | 'preprocessing'>, channel: Channel, end: () => void) {
    this.config = loaded.config;
    this.preprocessing = loaded.preprocessing;
    this.#channel = channel;
    this.#end = end;
  }

  /**
   * As `Retriever.index`. Image files are decoded in the worker. The memory of pixels moves there, so that images
   * cannot be used again afterwards: those that are to be must be copies.
   */
  async index(images: Entries<RawImage | Blob>, options?: IndexOptions): Promise<WorkerGallery> {
    return this.#gallery(await this.#channel.call('index', pulling(images), options));
  }

  /** As `Retriever.restore`. */
  async restore(...args: Parameters<Retriever['restore']>): Promise<WorkerGallery> {
    return this.#gallery(await this.#channel.call('restore', ...args));
  }

  /** As `Retriever.search`. Image files are decoded in the worker; pixels are copied to it. */
  async search(
    gallery: WorkerGallery,
    query: WithFiles<Parameters<Retriever['search']>[1]>,
  ): Promise<Awaited<ReturnType<Retriever['search']>>> {
    if (gallery.channel !== this.#channel)
      throw new RangeError('the gallery is in another worker: index its images with this retriever');
    return (await this.#channel.call('search', gallery.id, query)) as Awaited<ReturnType<Retriever['search']>>;
  }

  /** Frees the device memory of the models and of all galleries, and ends the worker where `loadInWorker` made it. */
  async dispose(): Promise<void> {
    if (this.#ended) return;
    await this.#channel.call('dispose');
    this.terminate();
  }

  /** Ends the worker at once where `loadInWorker` made it; calls that wait are rejected in any case. */
  terminate(): void {
    this.#ended = true;
    this.#end();
    this.#channel.close(new Error('the retriever in the worker has ended: load another one'));
  }

  #gallery(sent: unknown): WorkerGallery {
    return new WorkerGallery(sent as SentGallery, this.#channel);
  }
}

/** A `Gallery` in a worker. */
export class WorkerGallery {
  readonly ids: readonly string[];
  /** @internal */
  readonly id: number;
  /** @internal */
  readonly channel: Channel;

  /** @internal use `WorkerRetriever.index` or `restore` */
  constructor({ gallery, ids }: SentGallery, channel: Channel) {
    this.id = gallery;
    this.ids = ids;
    this.channel = channel;
  }

  /** A copy of `Gallery.features`. */
  async features(): Promise<Float32Array> {
    return (await this.channel.call('features', this.id)) as Float32Array;
  }

  /** As `Gallery.fingerprint`. */
  async fingerprint(): Promise<string> {
    return (await this.channel.call('fingerprint', this.id)) as string;
  }

  /** As `Gallery.dispose`. */
  async dispose(): Promise<void> {
    await this.channel.call('disposeGallery', this.id);
  }
}

/** Images as the worker asks for them, so that no more are held than it works on. */
function pulling(images: Entries<RawImage | Blob>): Pulled {
  const source = Symbol.asyncIterator in images ? images[Symbol.asyncIterator]() : images[Symbol.iterator]();
  return {
    async next() {
      const step = await source.next();
      const image = step.done ? undefined : step.value[1];
      const isAlone = image && !(image instanceof Blob) && image.data.byteLength === image.data.buffer.byteLength;
      return new Transferred(step, isAlone ? [image.data.buffer as ArrayBuffer] : []) as never;
    },
    return: async () => void (await source.return?.()),
  };
}
