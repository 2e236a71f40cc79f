import { foldBatchNorm, uploadClip } from '@webcir/clip';
import { createImagePool } from '@webcir/clip/node';
import { encodeInto, ImageEncoder, type ImageToStore, type Store } from '@webcir/retrieval';
import { madeAhead } from '@webcir/retrieval/node';
import { type EncoderSession, imageBatch } from '../session.ts';
import { type ImageFile, metadataOf } from './new-images.ts';

/** A file without a feature, and why. */
export interface Unreadable {
  readonly id: string;
  readonly path: string;
  readonly error: string;
}

/** Encodes image files into stores: an encoder on the device, and threads that decode. */
export class ImageIndexer {
  readonly #encoder: ImageEncoder;
  readonly #pool: ReturnType<typeof createImagePool>;
  readonly #dispose: () => void;

  private constructor(encoder: ImageEncoder, pool: ReturnType<typeof createImagePool>, dispose: () => void) {
    this.#encoder = encoder;
    this.#pool = pool;
    this.#dispose = dispose;
  }

  /** @param images that will be encoded at most: few need no large batch */
  static async create(session: EncoderSession, images: number): Promise<ImageIndexer> {
    const model = foldBatchNorm(session.model);
    const clip = await uploadClip(session.device, model);
    const encoder = await ImageEncoder.create(session.device, model.config, clip.weights, Math.min(imageBatch, images));
    return new ImageIndexer(encoder, createImagePool(session.preprocessing), () => {
      encoder.dispose();
      clip.dispose();
    });
  }

  /**
   * Encodes files and stores them, with what tells whether they change.
   * @param onUnreadable called for a file that cannot be read, which is left out
   * @returns how many were stored
   */
  index(
    store: Store,
    files: readonly ImageFile[],
    onUnreadable: (file: Unreadable) => void,
    onProgress?: (encoded: number, stored: number) => void,
  ): Promise<number> {
    const images = madeAhead(
      files,
      imageBatch,
      async ([id, path]): Promise<ImageToStore> => {
        // Looked at before it is read: a file that changes meanwhile is encoded again the next time.
        const metadata = await metadataOf(path);
        return { id, metadata, planes: await this.#pool.planes(path) };
      },
      ([id, path], { message }) => onUnreadable({ id, path, error: message }),
    );
    return encodeInto(store, this.#encoder, images, onProgress && { onProgress });
  }

  async close(): Promise<void> {
    await this.#pool.close();
    this.#dispose();
  }
}
