import { type Device, DeviceLostError, type GalleryStorage, OutOfMemoryError, remember } from '@webcir/kernels';
import { GalleryIndex } from '../../gallery-index.ts';
import type { Segment } from './segment.ts';

/** What gives a device, when one is first needed, and another one after a loss. */
export type DeviceSource = Device | (() => Promise<Device>);

/** The features of segments on the device: copied there by the first search that needs them, block by block. */
export class DeviceSegments {
  readonly #source: DeviceSource;
  readonly #storage: GalleryStorage;
  #indices = new Map<Segment, Promise<GalleryIndex>>();

  /** @param storage how features are kept on the device */
  constructor(source: DeviceSource, storage: GalleryStorage) {
    this.#source = source;
    this.#storage = storage;
  }

  /** Does work with a segment on the device. After a loss, the next call copies the segments anew. */
  async use<T>(segment: Segment, work: (index: GalleryIndex) => Promise<T>): Promise<T> {
    const indices = this.#indices;
    try {
      return await work(await remember(indices, segment, () => this.#upload(segment)));
    } catch (error) {
      if (error instanceof DeviceLostError && this.#indices === indices) this.#indices = new Map();
      throw error;
    }
  }

  /** Frees what a segment takes on the device. */
  async release(segment: Segment): Promise<void> {
    const index = this.#indices.get(segment);
    this.#indices.delete(segment);
    await index?.then(
      (made) => made.dispose(),
      () => {},
    );
  }

  async #upload(segment: Segment): Promise<GalleryIndex> {
    const device = typeof this.#source === 'function' ? await this.#source() : this.#source;
    const read = (first: number, count: number) => segment.read(first, count);
    try {
      return await GalleryIndex.create(device, { size: segment.rows, read }, segment.dim, { storage: this.#storage });
    } catch (error) {
      if (!(error instanceof OutOfMemoryError)) throw error;
      const remedy = this.#storage === 'i8' ? '' : "a store of the storage 'I8' takes less, and ";
      throw new OutOfMemoryError(
        `${segment.name}: ${error.message}; ${remedy}shards on several machines take a part each`,
        { cause: error },
      );
    }
  }
}
