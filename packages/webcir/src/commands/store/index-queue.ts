import { join } from 'node:path';
import type { Store } from '@webcir/retrieval';
import { ProgressLine } from '../../progress.ts';
import { counted, imagesOfFolder } from '../images.ts';
import type { EncoderSession } from '../session.ts';
import { ImageIndexer, type Unreadable } from './image-indexer.ts';
import { type Chunk, ImageQueue } from './image-queue.ts';
import { handleMissing } from './missing.ts';
import { compareWithStore } from './new-images.ts';
import type { StorePlace } from './place.ts';

/** What a folder of images is indexed into. */
export interface QueuedWork {
  readonly pictures: string;
  readonly store: Store;
  /** Of the store, for people. */
  readonly name: string;
  /** The database that the queue is in. */
  readonly place: StorePlace & { readonly kind: 'postgres' };
}

export interface QueueOptions {
  /** Images that are handed out at once. */
  readonly chunk: number;
  /** Seconds without a sign of life after which a worker counts as gone. */
  readonly lease: number;
  readonly removeMissing?: boolean;
}

/** Chunks after one another that fail before a worker takes it that the fault is its own. */
const patience = 3;

/**
 * Works at the images of a folder beside other processes that were started with the same words: one of them compares the
 * folder with the store and hands out what is new, all of them encode until nothing is left.
 * @returns what cannot be read, of all of them
 */
export async function indexWithOthers(
  session: EncoderSession,
  { pictures, store, name, place }: QueuedWork,
  { chunk, lease, removeMissing }: QueueOptions,
): Promise<Unreadable[]> {
  const queue = await ImageQueue.open(place.url, place.in.table ?? 'webcir_images', lease);
  try {
    const isFilled = await queue.fill(async () => {
      const files = await imagesOfFolder(pictures);
      const { wanted, known } = await compareWithStore(store, [...files]);
      await handleMissing(store, {
        count: (await store.count()) - known,
        known,
        isThere: (id) => files.has(id),
        remove: removeMissing,
        names: { store: name, source: pictures },
      });
      console.log(`${counted(wanted.length)} to encode`);
      return chunksOf(
        wanted.map(([id]) => id),
        chunk,
      );
    });
    if (!isFilled) console.log('helping with what is handed out already');
    const create = async () => ImageIndexer.create(session, Math.min(chunk, (await queue.progress()).total));
    await work(create, store, queue, pictures);
    const { stored, unreadable } = await queue.report();
    console.log(`${counted(stored)} encoded by all, ${await store.count()} in ${name}, ${store.model.dim} values each`);
    return unreadable.map(({ id, error }) => ({ id, path: join(pictures, id), error }));
  } finally {
    await queue.close();
  }
}

/** Encodes chunk after chunk until there are no more. */
async function work(
  create: () => Promise<ImageIndexer>,
  store: Store,
  queue: ImageQueue,
  pictures: string,
): Promise<void> {
  const line = new ProgressLine('images');
  const started = performance.now();
  let indexer: ImageIndexer | undefined;
  let [own, failures] = [0, 0];
  try {
    for (let chunk = await queue.next(); chunk !== undefined; chunk = await queue.next()) {
      indexer ??= await create();
      try {
        own += await encodeChunk(indexer, store, queue, pictures, chunk);
        failures = 0;
      } catch (error) {
        await queue.failed(chunk, error as Error);
        if (++failures === patience) throw error;
        console.warn(`${(error as Error).message}: tried again, here or by another`);
      }
      const { done, total } = await queue.progress();
      const rate = own / ((performance.now() - started) / 1000);
      line.update(done / total, `${done}/${total} by all  ${own} here, ${rate.toFixed(0)}/s`);
    }
    line.finish(`${counted(own)} here`);
  } finally {
    await indexer?.close();
  }
}

/** @returns how many images were stored */
async function encodeChunk(
  indexer: ImageIndexer,
  store: Store,
  queue: ImageQueue,
  pictures: string,
  chunk: Chunk,
): Promise<number> {
  const unreadable: Unreadable[] = [];
  const files = chunk.ids.map((id) => [id, join(pictures, id)] as const);
  const stored = await indexer.index(store, files, (file) => unreadable.push(file));
  await queue.done(chunk, { stored, unreadable: unreadable.map(({ id, error }) => ({ id, error })) });
  return stored;
}

function* chunksOf(ids: readonly string[], size: number): Generator<readonly string[]> {
  for (let start = 0; start < ids.length; start += size) yield ids.slice(start, start + size);
}
