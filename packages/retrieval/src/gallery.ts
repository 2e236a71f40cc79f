import type { Program } from '@webcir/kernels';
import type { GalleryIndex } from './gallery-index.ts';

/** A compiled search: from pixels and tokens to the nearest images. */
export type SearchProgram = Program<'scores' | 'indices'>;

/** The images that are searched: their ids, and their features on the device. */
export class Gallery {
  readonly ids: readonly string[];
  /** [ids, embed], as CLIP gives them: to be stored, and given to `Retriever.restore` again. */
  readonly features: Float32Array;
  readonly index: GalleryIndex;
  readonly #rows: ReadonlyMap<string, number>;
  readonly #programs = new Map<string, Promise<SearchProgram>>();

  /** @internal use `Retriever.index` or `Retriever.restore` */
  constructor(ids: readonly string[], features: Float32Array, index: GalleryIndex) {
    this.ids = ids;
    this.features = features;
    this.index = index;
    this.#rows = new Map(ids.map((id, row) => [id, row]));
  }

  /** The feature of an image, [embed]. @throws RangeError where the gallery has no such image */
  featureOf(id: string): Float32Array {
    const row = this.#rows.get(id);
    if (row === undefined) throw new RangeError(`the gallery has no image '${id}'`);
    const { dim } = this.index;
    return this.features.subarray(row * dim, (row + 1) * dim);
  }

  /** @internal The program of a kind of search, made when it is first asked for. */
  program(kind: string, make: () => Promise<SearchProgram>): Promise<SearchProgram> {
    const known = this.#programs.get(kind);
    if (known) return known;
    const program = make();
    this.#programs.set(kind, program);
    program.catch(() => this.#programs.delete(kind)); // the next search may find memory
    return program;
  }

  /** Frees the device memory of the features and of the searches. */
  async dispose(): Promise<void> {
    for (const made of await Promise.allSettled(this.#programs.values()))
      if (made.status === 'fulfilled') made.value.dispose();
    this.#programs.clear();
    await this.index.dispose();
  }
}
