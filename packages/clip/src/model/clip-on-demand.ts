import { type Device, expectFiniteWeights, TensorStore } from '@webcir/kernels';
import { tokenTable } from '../encoders/text.ts';
import { type Weights, weightsOf } from '../encoders/weights.ts';
import { scaleName } from '../weights/int8.ts';
import { type ClipModel, entriesOf, type ModelTensor } from './model.ts';
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
  readonly #texts = once(() => this.#upload('text', 'token table'));
  readonly #images = once(() => this.#upload('image'));
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
    const store = await this.#texts.get();
    await Promise.all([...new Set(rows)].map((row) => this.#expectRow(store, row)));
    return weightsOf(store);
  }

  /** The weights of the image encoder. Throws as `forTexts` does. */
  async forImages(): Promise<Weights> {
    return weightsOf(await this.#images.get());
  }

  /** Frees the device memory. */
  async dispose(): Promise<void> {
    for (const { made } of [this.#texts, this.#images]) (await made?.catch(() => undefined))?.dispose();
  }

  async #upload(...parts: ModelPart[]): Promise<TensorStore> {
    const entries = entriesOf(this.#model).filter(({ name }) => parts.includes(modelPart(name)));
    const store = TensorStore.create(this.#device, entries, `weights for ${parts[0]}s`);
    const tensors = [...this.#model.tensors].filter(([name]) => modelPart(name) === parts[0]);
    try {
      for await (const [name, { light, floats }] of readAhead(tensors, readStored)) {
        const label = light ? scaleName(name) : name;
        expectFiniteWeights(`CLIP weights: ${label}`, floats);
        if (light) await store.upload(name, light.values);
        await store.upload(label, floats);
      }
      return store;
    } catch (error) {
      store.dispose();
      throw error;
    }
  }

  #expectRow(store: TensorStore, row: number): Promise<void> {
    const table = this.#model.tensors.get(tokenTable)!;
    const key = table.rows ? row : 0;
    const known = this.#rows.get(key);
    if (known) return known;
    const written = table.rows ? writeRow(store, row, table.rows(row, 1)) : upload(store, tokenTable, table);
    this.#rows.set(key, written);
    written.catch(() => this.#rows.delete(key)); // the next text may find the network
    return written;
  }
}

async function upload(store: TensorStore, name: string, tensor: ModelTensor): Promise<void> {
  const { light, floats } = await readStored(tensor);
  const label = light ? scaleName(name) : name;
  expectFiniteWeights(`CLIP weights: ${label}`, floats);
  if (light) await store.upload(name, light.values);
  await store.upload(label, floats);
}

/** Reads a row of the token table, and queues it. */
async function writeRow(store: TensorStore, row: number, tensor: ModelTensor): Promise<void> {
  const { light, floats } = await readStored(tensor);
  const label = light ? scaleName(tokenTable) : tokenTable;
  expectFiniteWeights(`CLIP weights: ${label}: row ${row}`, floats);
  if (light) store.writeRows(tokenTable, row, light.values);
  store.writeRows(label, row, floats);
}

/** What is made when it is first asked for, and again only if that failed. */
function once<T>(make: () => Promise<T>) {
  return {
    made: undefined as Promise<T> | undefined,
    get(): Promise<T> {
      this.made ??= make().catch((error) => {
        this.made = undefined;
        throw error;
      });
      return this.made;
    },
  };
}
