import type { ClipConfig, Preprocessing, RawImage } from '@webcir/clip';
import type { Entries, IndexOptions, Retriever } from '@webcir/retrieval';
import { type Channel, Transferred } from './channel.ts';
import type { Pulled, SentGallery } from './serve.ts';
import type { WithFiles, WorkerGallery, WorkerRetriever } from './types.ts';

type Search = Retriever['search'];

/** A retriever at the other end of a channel. */
export class ChannelRetriever implements WorkerRetriever {
  readonly config: ClipConfig;
  readonly preprocessing: Preprocessing;
  readonly #channel: Channel;
  readonly #end: () => void;
  #ended = false;

  /** @param end called when it has ended */
  constructor(loaded: Pick<Retriever, 'config' | 'preprocessing'>, channel: Channel, end: () => void) {
    this.config = loaded.config;
    this.preprocessing = loaded.preprocessing;
    this.#channel = channel;
    this.#end = end;
  }

  async index(images: Entries<RawImage | Blob>, options?: IndexOptions): Promise<WorkerGallery> {
    return this.#gallery(await this.#channel.call('index', pulling(images), options));
  }

  async restore(...args: Parameters<Retriever['restore']>): Promise<WorkerGallery> {
    return this.#gallery(await this.#channel.call('restore', ...args));
  }

  async search(gallery: WorkerGallery, query: WithFiles<Parameters<Search>[1]>): Promise<Awaited<ReturnType<Search>>> {
    if (!(gallery instanceof ChannelGallery && gallery.channel === this.#channel))
      throw new RangeError('the gallery is not in this worker: index its images with this retriever');
    return (await this.#channel.call('search', gallery.key, query)) as Awaited<ReturnType<Search>>;
  }

  async dispose(): Promise<void> {
    if (this.#ended) return;
    await this.#channel.call('dispose');
    this.terminate();
  }

  terminate(): void {
    this.#ended = true;
    this.#end();
    this.#channel.close(new Error('the retriever in the worker has ended: load another one'));
  }

  #gallery(sent: unknown): WorkerGallery {
    return new ChannelGallery(sent as SentGallery, this.#channel);
  }
}

class ChannelGallery implements WorkerGallery {
  readonly ids: readonly string[];
  readonly key: number;
  readonly channel: Channel;

  constructor({ gallery, ids }: SentGallery, channel: Channel) {
    this.key = gallery;
    this.ids = ids;
    this.channel = channel;
  }

  async features(): Promise<Float32Array> {
    return (await this.channel.call('features', this.key)) as Float32Array;
  }

  async fingerprint(): Promise<string> {
    return (await this.channel.call('fingerprint', this.key)) as string;
  }

  async dispose(): Promise<void> {
    await this.channel.call('disposeGallery', this.key);
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
