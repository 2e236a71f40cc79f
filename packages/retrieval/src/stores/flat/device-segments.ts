import { type Device, DeviceLostError, remember } from '@webcir/kernels';
import { GalleryIndex } from '../../gallery-index.ts';
import type { Segment } from './segment.ts';

/** What gives a device, when one is first needed, and another one after a loss. */
export type DeviceSource = Device | (() => Promise<Device>);

/** The features of segments on the device: copied there by the first search that needs them, block by block. */
export class DeviceSegments {
  readonly #source: DeviceSource;
  #indices = new Map<Segment, Promise<GalleryIndex>>();

  constructor(source: DeviceSource) {
    this.#source = source;
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
    const storage = segment.features.dtype === 'F16' ? 'f16' : 'f32';
    const read = (first: number, count: number) => segment.read(first, count);
    return GalleryIndex.create(device, { size: segment.rows, read }, segment.dim, { storage });
  }
}

/**
 * How far a score of the device may be from the one in float64. Halves are off by one part in 2^11, of products whose
 * magnitudes sum to 1 at most, and those below 2^-14 are zeros; a sum in float32 of `dim` products is off by `dim` times
 * 2^-24.
 */
export const toleranceOf = (segment: Segment): number => {
  const summed = (segment.dim + 8) * 2 ** -23;
  return segment.features.dtype === 'F16' ? summed + 2 ** -11 + 2 ** -14 * Math.sqrt(segment.dim) : summed;
};
