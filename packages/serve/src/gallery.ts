import { joinRows, type Store, type StoredImage, type StoreRow } from '@webcir/retrieval';
import { Batcher } from './batcher.ts';
import type { OnBatch } from './encoding.ts';
import { ApiError, asked } from './errors.ts';
import type { Limits } from './limits.ts';

/** A store, as it is given to a service. */
export interface GalleryOptions {
  readonly store: Store;
  /** Whether requests may change it. */
  readonly readOnly?: boolean;
}

/** A store behind a service. Images that are stored at the same time by many requests are one write. */
export class ServedGallery {
  readonly name: string;
  readonly store: Store;
  readonly isReadOnly: boolean;
  readonly #writes: Batcher<StoreRow, undefined>;

  constructor(
    name: string,
    { store, readOnly = false }: GalleryOptions,
    { waiting, linger }: Limits,
    onBatch: OnBatch,
  ) {
    this.name = name;
    this.store = store;
    this.isReadOnly = readOnly;
    this.#writes = new Batcher({
      name: 'images to be stored',
      batch: 1024,
      waiting: 4 * waiting,
      linger,
      run: async (rows) => {
        await store.put(joinRows(rows, store.model.dim));
        return rows.map(() => undefined);
      },
      onBatch: (size, seconds) => onBatch('store', size, seconds),
    });
  }

  /** Stores images: they are on disk when this resolves. */
  async put(rows: readonly StoreRow[]): Promise<void> {
    this.expectWritable();
    await this.#writes.ask(rows);
  }

  /** @returns how many were there */
  delete(ids: readonly string[]): Promise<number> {
    this.expectWritable();
    return asked(() => this.store.delete(ids));
  }

  get(ids: readonly string[]): Promise<(StoredImage | undefined)[]> {
    return asked(() => this.store.get(ids));
  }

  /** Closes the store when all that is under way is done. */
  async close(): Promise<void> {
    await this.#writes.idle();
    await this.store.close();
  }

  /** @throws ApiError (403) */
  expectWritable(): void {
    if (this.isReadOnly) throw new ApiError(403, 'read_only', `the gallery ${this.name} is read-only`);
  }
}
