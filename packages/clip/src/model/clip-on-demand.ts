import { type Device, remember, TensorStore } from '@webcir/kernels';
import { tokenTable } from '../encoders/text.ts';
import { type Weights, weightsOf } from '../encoders/weights.ts';
import { type ClipModel, entriesOf } from './model.ts';
import { type ModelPart, modelPart } from './parts.ts';
import { readAhead } from './read-ahead.ts';
import { readStored } from './upload.ts';

/**
 * A CLIP on a device, of which only what is needed is read: either encoder when it is first asked for, and of the token
 * table the rows of the texts that come. For searching: whoever trains or encodes all copies all (`uploadClip`).
 */
export class ClipOnDemand {
  readonly #device: Device;
  readonly #model: ClipModel;
  /** By the part that is uploaded. */
  readonly #stores = new Map<ModelPart, Promise<TensorStore>>();
  /** Rows of the token table that are there, or on their way; a table that cannot be read by rows counts as one. */
  readonly #rows = new Map<number, Promise<void>>();

  constructor(device: Device, model: ClipModel) {
    this.#device = device;
    this.#model = model;
  }

  /**
   * The weights of the text encoder.
   * @param rows of the token table that have to be there
   * @throws Error naming the first tensor with a value that is not finite, or what its file throws
   */
  async forTexts(rows: Iterable<number> = []): Promise<Weights> {
    const store = await remember(this.#stores, 'text', () => this.#upload('text', 'token table'));
    await Promise.all([...new Set(rows)].map((row) => this.#expectRow(store, row)));
    return weightsOf(store);
  }

  /** The weights of the image encoder. Throws as `forTexts` does. */
  async forImages(): Promise<Weights> {
    return weightsOf(await remember(this.#stores, 'image', () => this.#upload('image')));
  }

  /** Frees the device memory. */
  async dispose(): Promise<void> {
    for (const made of await Promise.allSettled(this.#stores.values())) {
      if (made.status === 'fulfilled') made.value.dispose();
    }
  }

  async #upload(...parts: ModelPart[]): Promise<TensorStore> {
    const entries = entriesOf(this.#model).filter(({ name }) => parts.includes(modelPart(name)));
    const store = TensorStore.create(this.#device, entries, `weights for ${parts[0]}s`);
    const tensors = [...this.#model.tensors].filter(([name]) => modelPart(name) === parts[0]);
    try {
      for await (const [, stored] of readAhead(tensors, readStored)) await upload(store, stored);
      return store;
    } catch (error) {
      store.dispose();
      throw error;
    }
  }

  #expectRow(store: TensorStore, row: number): Promise<void> {
    const table = this.#model.tensors.get(tokenTable)!;
    return remember(this.#rows, table.rows ? row : 0, async () => {
      if (!table.rows) return upload(store, await readStored(tokenTable, table));
      const stored = await readStored(tokenTable, table.rows(row, 1), `: row ${row}`);
      for (const [label, values] of stored) store.writeRows(label, row, values);
    });
  }
}

async function upload(store: TensorStore, stored: Awaited<ReturnType<typeof readStored>>): Promise<void> {
  for (const [label, values] of stored) await store.upload(label, values);
}
