import type { ClipConfig, Preprocessing } from '@webcir/clip';
import type { Entries, IndexOptions, Query, Retriever, ShownImage } from '@webcir/retrieval';
import { type Channel, Transferred } from './channel.ts';
import { cloneable } from './cloneable.ts';
import type { Pulled, SentGallery } from './serve.ts';
import type { WorkerGallery, WorkerRetriever } from './types.ts';

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

  async index(images: Entries<ShownImage>, options?: IndexOptions): Promise<WorkerGallery> {
    return this.#gallery(await this.#channel.call('index', pulling(images), options));
  }

  async restore(...args: Parameters<Retriever['restore']>): Promise<WorkerGallery> {
    return this.#gallery(await this.#channel.call('restore', ...args));
  }

  async search(gallery: WorkerGallery, query: Query): Promise<Awaited<ReturnType<Search>>> {
    if (!(gallery instanceof ChannelGallery && gallery.channel === this.#channel))
      throw new RangeError('the gallery is not in this worker: index its images with this retriever');
    return (await this.#channel.call('search', gallery.key, cloneable(query))) as Awaited<ReturnType<Search>>;
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
function pulling(images: Entries<ShownImage>): Pulled {
  const source = Symbol.asyncIterator in images ? images[Symbol.asyncIterator]() : images[Symbol.iterator]();
  return {
    async next() {
      const step = await source.next();
      if (step.done) return new Transferred(step, []) as never;
      const [id, image] = step.value;
      const sent = cloneable(image);
      return new Transferred({ done: false, value: [id, sent] }, movable(sent)) as never;
    },
    return: async () => void (await source.return?.()),
  };
}

/** What of an image moves to the worker instead of being copied: bitmaps, and pixels that share their memory with nothing. */
function movable(image: ShownImage): (ArrayBuffer | ImageBitmap)[] {
  if (typeof ImageBitmap !== 'undefined' && image instanceof ImageBitmap) return [image];
  if (!('channels' in image)) return [];
  const { buffer, byteLength } = image.data;
  return byteLength === buffer.byteLength ? [buffer as ArrayBuffer] : [];
}
