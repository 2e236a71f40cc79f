import { type Device, type Program, remember } from '@webcir/kernels';
import { cosines } from './cosine.ts';
import { GalleryIndex } from './gallery-index.ts';

/** A compiled search: from pixels and token ids to the nearest images. */
export type SearchProgram = Program<'scores' | 'indices' | 'query'>;

/** The images that are searched: their ids, and their features on the device. */
export class Gallery {
  readonly ids: readonly string[];
  /** [ids, embed], as CLIP gives them: to be stored, and given to `Retriever.restore` again. */
  readonly features: Float32Array;
  /**
   * Identifies what made the features (`imageFingerprint`): to be stored beside them, so that `Retriever.restore` can
   * refuse those of another CLIP or preprocessing. Computed when it is first asked for.
   */
  readonly fingerprint: () => Promise<string>;
  #index: GalleryIndex;
  readonly #rows: ReadonlyMap<string, number>;
  /** Compiled searches, by retriever and by kind of search. */
  readonly #programs = new Map<object, Map<string, Promise<SearchProgram>>>();
  #disposed = false;

  /** @internal use `Retriever.index` or `Retriever.restore` */
  constructor(ids: readonly string[], features: Float32Array, index: GalleryIndex, fingerprint: () => Promise<string>) {
    this.ids = ids;
    this.features = features;
    this.#index = index;
    this.fingerprint = fingerprint;
    this.#rows = rowsOf(ids);
  }

  /** The features on the device. */
  get index(): GalleryIndex {
    return this.#index;
  }

  /** Whether `dispose` has been called. */
  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** The row of an image in `ids` and `features`; ids are compared in Unicode's form NFC. */
  rowOf(id: string): number | undefined {
    return this.#rows.get(id) ?? this.#rows.get(id.normalize());
  }

  /** The feature of an image, [embed]. @throws RangeError where the gallery has no such image */
  featureOf(id: string): Float32Array {
    const row = this.rowOf(id);
    if (row === undefined) throw new RangeError(`the gallery has no image '${id}'`);
    const { dim } = this.index;
    return this.features.subarray(row * dim, (row + 1) * dim);
  }

  /**
   * The cosine similarity of every image to a feature, computed here and not on the device: for whoever wants them all,
   * a rank far down, a histogram. `Retriever.search` finds the best ones faster.
   * @param feature [embed], raw or normalized
   * @returns [ids]
   * @throws RangeError for a feature of another width
   */
  scores(feature: Float32Array): Float64Array {
    if (feature.length === this.index.dim) return cosines(this.features, feature);
    throw new RangeError(`feature: expected ${this.index.dim} values, found ${feature.length}`);
  }

  /** @internal Copies the features to another device, and leaves what was on the one before. */
  async moveTo(device: Device): Promise<void> {
    if (this.#disposed) return;
    const { dim, storage } = this.#index;
    const index = await GalleryIndex.create(device, this.features, dim, { storage });
    await this.#free();
    if (this.#disposed) return index.dispose();
    this.#index = index;
  }

  /**
   * @internal The program of a kind of search, made when it is first asked for.
   * @param owner of the weights in it: several retrievers may search one gallery
   */
  program(owner: object, kind: string, make: () => Promise<SearchProgram>): Promise<SearchProgram> {
    if (this.#disposed) throw new Error('this gallery is disposed of: index its images again');
    const programs = this.#programs.get(owner) ?? new Map<string, Promise<SearchProgram>>();
    this.#programs.set(owner, programs);
    return remember(programs, kind, make);
  }

  /** @internal Frees the searches of a retriever that is no more. */
  async release(owner: object): Promise<void> {
    const programs = [...(this.#programs.get(owner)?.values() ?? [])];
    this.#programs.delete(owner);
    await disposeAll(programs);
  }

  /** Frees the device memory of the features and of the searches. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#free();
  }

  async #free(): Promise<void> {
    const programs = [...this.#programs.values()].flatMap((kinds) => [...kinds.values()]);
    this.#programs.clear();
    await disposeAll(programs);
    await this.#index.dispose();
  }
}

async function disposeAll(programs: readonly Promise<SearchProgram>[]): Promise<void> {
  for (const made of await Promise.allSettled(programs)) if (made.status === 'fulfilled') made.value.dispose();
}

/** @throws RangeError naming an id that occurs twice */
function rowsOf(ids: readonly string[]): Map<string, number> {
  const rows = new Map<string, number>();
  for (const [row, id] of ids.entries()) {
    const earlier = rows.get(id);
    if (earlier !== undefined)
      throw new RangeError(`gallery: two images are named '${id}', in rows ${earlier} and ${row}`);
    rows.set(id, row);
  }
  // A file system may spell é in two characters, and the query in one.
  for (const [row, id] of ids.entries()) if (!rows.has(id.normalize())) rows.set(id.normalize(), row);
  return rows;
}
