import { imageFingerprint, sourceFingerprint } from '@webcir/clip';
import type { Device } from '@webcir/kernels';
import { Gallery } from './gallery.ts';
import { GalleryIndex } from './gallery-index.ts';
import type { Models } from './models-on-device.ts';

/** The galleries that a retriever has made or searched: they move to another device with its models. */
export class OwnGalleries {
  readonly #models: Models;
  readonly #galleries = new Set<Gallery>();
  readonly #fingerprint: () => Promise<string>;

  constructor(models: Models) {
    this.#models = models;
    this.#fingerprint = once(() => imageFingerprint(models.given, models.preprocessing));
  }

  /** Makes a gallery of the models' own features. */
  async create(device: Device, ids: readonly string[], features: Float32Array): Promise<Gallery> {
    const index = await GalleryIndex.create(device, features, this.#models.clip.config.embedDim);
    const gallery = new Gallery(ids, features, index, this.#fingerprint);
    this.#live().add(gallery);
    return gallery;
  }

  /**
   * Takes in a gallery that is to be searched.
   * @throws RangeError unless its features compare with those that the models make
   */
  async take(gallery: Gallery): Promise<void> {
    const { embedDim } = this.#models.clip.config;
    if (gallery.index.dim !== embedDim)
      throw new RangeError(`the gallery has features of ${gallery.index.dim} values, this model makes ${embedDim}`);
    if (gallery.fingerprint !== this.#fingerprint) await this.expectFingerprint(await gallery.fingerprint());
    this.#live().add(gallery);
  }

  /**
   * A gallery of the model that light weights were made of is searched with them.
   * @throws RangeError unless features of this fingerprint compare with those that the models make
   */
  async expectFingerprint(fingerprint: string): Promise<void> {
    const { given, preprocessing } = this.#models;
    if (fingerprint === (await sourceFingerprint(given, preprocessing))) return;
    const own = await this.#fingerprint();
    if (fingerprint === own) return;
    throw new RangeError(
      `the gallery was made by another CLIP, or with another preprocessing, than this retriever has: its fingerprint ` +
        `is ${fingerprint}, expected ${own}. Load the retriever that made it, or index the images again`,
    );
  }

  /** Copies the features of all of them to another device. */
  async moveTo(device: Device): Promise<void> {
    for (const gallery of this.#live()) await gallery.moveTo(device);
  }

  /** Frees what was compiled for an owner of weights, and lets go of the galleries. */
  async release(owner: object): Promise<void> {
    for (const gallery of this.#galleries) await gallery.release(owner);
    this.#galleries.clear();
  }

  #live(): Set<Gallery> {
    for (const gallery of this.#galleries) if (gallery.isDisposed) this.#galleries.delete(gallery);
    return this.#galleries;
  }
}

/** Calls `make` when it is first needed, and again only if that failed. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
