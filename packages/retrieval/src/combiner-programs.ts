import { combine } from '@webcir/combiner';
import { type Device, remember, type SharedMemory, type Tensor, type TensorStore } from '@webcir/kernels';
import { splitEven } from './batch-size.ts';
import { Fusion } from './fusion.ts';

/** An image and a text feature, [embed] each, not normalized. */
export interface FeaturePair {
  readonly image: Float32Array;
  readonly text: Float32Array;
}

/** Pairs that are combined at once. */
const pairBatch = 32;

/** Mixes pairs of features with one Combiner, in batches of few sizes. */
export class CombinerPrograms {
  readonly #device: Device;
  readonly #dim: number;
  readonly #combiner: TensorStore;
  readonly #memory: SharedMemory;
  readonly #fusions = new Map<number, Promise<Fusion>>();

  constructor(device: Device, dim: number, combiner: TensorStore, memory: SharedMemory) {
    this.#device = device;
    this.#dim = dim;
    this.#combiner = combiner;
    this.#memory = memory;
  }

  /** @returns query features [embed], L2-normalized, in the order of the pairs */
  async combine(pairs: readonly FeaturePair[]): Promise<Float32Array[]> {
    const combined: Float32Array[] = [];
    for (const size of splitEven(pairs.length, pairBatch)) {
      const part = pairs.slice(combined.length, combined.length + size);
      const rows = (of: 'image' | 'text') => {
        const values = new Float32Array(part.length * this.#dim);
        for (const [i, pair] of part.entries()) values.set(pair[of], i * this.#dim);
        return values;
      };
      const queries = await (await this.#fusion(size)).run(rows('image'), rows('text'));
      for (const i of part.keys()) combined.push(queries.subarray(i * this.#dim, (i + 1) * this.#dim));
    }
    return combined;
  }

  async dispose(): Promise<void> {
    for (const made of await Promise.allSettled(this.#fusions.values())) {
      if (made.status === 'fulfilled') made.value.dispose();
    }
  }

  #fusion(batch: number): Promise<Fusion> {
    const fuse = (image: Tensor, text: Tensor) => combine(image, text, (name) => this.#combiner.tensor(name));
    return remember(this.#fusions, batch, () => Fusion.create(this.#device, this.#dim, fuse, batch, this.#memory));
  }
}
