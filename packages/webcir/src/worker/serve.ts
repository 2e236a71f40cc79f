import {
  type Gallery,
  type IndexOptions,
  type Query,
  Retriever,
  type RetrieverOptions,
  rangeSource,
  type ShownImage,
  storedSource,
} from '@webcir/retrieval';
import { Channel, type Methods } from './channel.ts';
import type { Port } from './types.ts';

/** The images of an index, one after the other, from the other side. */
export interface Pulled {
  next(): Promise<IteratorResult<readonly [string, ShownImage]>>;
  return(): Promise<unknown>;
}

/** What a worker tells of a gallery. */
export interface SentGallery {
  readonly gallery: number;
  readonly ids: readonly string[];
}

/**
 * Answers `loadInWorker`: what the script of a worker of your own calls, once.
 * @param port the scope of the worker unless given
 */
export function serveRetriever(port: Port = globalThis as unknown as Port): void {
  let loaded: Retriever | undefined;
  const galleries = new Map<number, Gallery>();
  let next = 0;
  const retriever = (): Retriever => {
    if (loaded) return loaded;
    throw new Error('no retriever has been loaded in this worker');
  };
  const galleryOf = (id: number): Gallery => {
    const gallery = galleries.get(id);
    if (gallery) return gallery;
    throw new Error('this gallery is disposed of: index its images again');
  };
  const keep = (gallery: Gallery): SentGallery => {
    galleries.set(next, gallery);
    return { gallery: next++, ids: gallery.ids };
  };
  const methods: Methods = {
    async load(options: Record<string, unknown>) {
      const opened = await Promise.all(
        Object.entries(options).map(async ([name, value]) => [name, await openAddress(value)] as const),
      );
      loaded = await Retriever.load(Object.fromEntries(opened) as unknown as RetrieverOptions);
      const { config, preprocessing } = loaded;
      return { config, preprocessing };
    },
    async index(images: Pulled, options?: IndexOptions) {
      return keep(await retriever().index(pulled(images), options));
    },
    async restore(...args: Parameters<Retriever['restore']>) {
      return keep(await retriever().restore(...args));
    },
    async search(gallery: number, query: Query) {
      return retriever().search(galleryOf(gallery), query);
    },
    features: (gallery: number) => galleryOf(gallery).features,
    fingerprint: (gallery: number) => galleryOf(gallery).fingerprint(),
    async disposeGallery(gallery: number) {
      await galleries.get(gallery)?.dispose();
      galleries.delete(gallery);
    },
    async dispose() {
      for (const gallery of galleries.values()) await gallery.dispose();
      galleries.clear();
      await loaded?.dispose();
    },
  };
  new Channel(port, methods);
}

/** Opens what is only named by its address (`StoredAddress`, `RangesOf`). */
async function openAddress(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  if ('stored' in value) {
    const { stored, ...options } = value;
    return storedSource(stored as string, options);
  }
  return 'ranges' in value ? rangeSource(value.ranges as string) : value;
}

async function* pulled(images: Pulled): AsyncGenerator<readonly [string, ShownImage]> {
  try {
    for (let step = await images.next(); !step.done; step = await images.next()) yield step.value;
  } finally {
    await images.return();
  }
}
