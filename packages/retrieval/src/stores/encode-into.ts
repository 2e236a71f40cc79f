import type { ImageEncoder, PlanesOfImage } from '../encode.ts';
import { expectFinite } from '../rows.ts';
import type { Metadata, Store } from './store.ts';

/** An image on its way into a store. */
export interface ImageToStore {
  readonly id: string;
  /** As the encoder takes it (`PlanesOfImage`). */
  readonly planes: PlanesOfImage[1];
  readonly metadata: Metadata;
}

/** Options of `encodeInto`. */
export interface EncodeIntoOptions {
  /** Images that are stored at once; 1,024 unless given. What has been stored is not encoded again after a stop. */
  readonly chunk?: number;
  /** Seconds after which what is encoded is stored, at the end of a batch, however little it is; 10 unless given. */
  readonly seconds?: number;
  /** Called with the number of images that have been encoded so far, and of those that are stored. */
  onProgress?(encoded: number, stored: number): void;
}

/**
 * Encodes images as they come, and puts them into a store: a chunk is stored while the next one is encoded.
 * @returns how many have been stored
 * @throws RangeError naming an image whose feature is not finite
 */
export async function encodeInto(
  store: Store,
  encoder: Pick<ImageEncoder, 'encode' | 'batch'>,
  images: AsyncIterable<ImageToStore>,
  { chunk = 1024, seconds = 10, onProgress }: EncodeIntoOptions = {},
): Promise<number> {
  const source = images[Symbol.asyncIterator]();
  let putting: Promise<void> = Promise.resolve();
  let [encoded, stored] = [0, 0];
  try {
    for (let isOver = false; !isOver; ) {
      const metadata: Metadata[] = [];
      const until = performance.now() + 1000 * seconds;
      const isWhole = () =>
        metadata.length >= chunk ||
        (metadata.length > 0 && metadata.length % encoder.batch === 0 && performance.now() >= until);
      const some = async function* (): AsyncGenerator<PlanesOfImage> {
        while (!isWhole()) {
          const { done, value } = await source.next();
          if (done) {
            isOver = true;
            return;
          }
          metadata.push(value.metadata);
          yield [value.id, value.planes];
        }
      };
      const { ids, features } = await encoder.encode(some(), (done) => onProgress?.(encoded + done, stored));
      await putting;
      encoded += ids.length;
      if (ids.length === 0) continue;
      expectFinite('images', features, store.model.dim, ids);
      putting = store.put({ ids, features, metadata }).then(() => {
        stored += ids.length;
        onProgress?.(encoded, stored);
      });
      putting.catch(() => {}); // thrown when it is waited for
    }
    await putting;
    return stored;
  } finally {
    await source.return?.();
  }
}
