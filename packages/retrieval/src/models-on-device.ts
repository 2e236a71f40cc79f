import {
  type ClipModel,
  type DeviceClip,
  type Preprocessing,
  type PreprocessOptions,
  preprocessOptions,
  type Tokenizer,
  uploadClip,
} from '@webcir/clip';
import { type CombinerModel, uploadCombiner } from '@webcir/combiner';
import { type Device, SharedMemory, type TensorStore } from '@webcir/kernels';
import type { DeviceImages } from './device-images.ts';
import { ImageEncoder, TextEncoderPrograms } from './encode.ts';
import type { SearchModels } from './search-graph.ts';

/** Everything that a retriever is made of, but for the device. */
export interface Models {
  readonly clip: ClipModel;
  /** The CLIP as it was read: `clip` has its BatchNorm folded. */
  readonly given: ClipModel;
  readonly combiner: CombinerModel | undefined;
  readonly tokenizer: Tokenizer;
  readonly preprocessing: Preprocessing;
}

/** Images that are indexed at once, and made ready at most while others are. */
export const indexBatch = 16;
/** Texts that are encoded at once, of those to be avoided. */
const textBatch = 4;

/** How a search comes to the device: submitted here, or recorded for a host that submits it. */
export type SearchUse = 'searched' | 'recorded';

/** A retriever's models on one device, and what has been compiled of them. */
export class ModelsOnDevice {
  readonly device: Device;
  readonly search: SearchModels;
  /** Shared by all searches, which take turns: those that are run here, and those that a host submits. */
  readonly memory: Readonly<Record<SearchUse, SharedMemory>>;
  readonly #clip: DeviceClip;
  readonly #combiner: TensorStore | undefined;
  readonly #preprocessing: PreprocessOptions;
  readonly #images = new Map<SearchUse, Promise<DeviceImages>>();
  #texts: TextEncoderPrograms | undefined;
  readonly #encoders = new Map<number, Promise<ImageEncoder>>();

  private constructor(
    device: Device,
    { clip, preprocessing }: Models,
    onDevice: DeviceClip,
    combiner: TensorStore | undefined,
  ) {
    this.device = device;
    this.#preprocessing = preprocessOptions(clip.config, preprocessing);
    this.#clip = onDevice;
    this.#combiner = combiner;
    this.search = { config: clip.config, weights: onDevice.weights, combiner };
    this.memory = { searched: new SharedMemory(device), recorded: new SharedMemory(device) };
  }

  /** Copies the models to a device. @throws Error naming the first tensor with a value that is not finite */
  static async upload(device: Device, models: Models): Promise<ModelsOnDevice> {
    const clip = await uploadClip(device, models.clip);
    try {
      const combiner = models.combiner && (await uploadCombiner(device, models.combiner));
      return new ModelsOnDevice(device, models, clip, combiner);
    } catch (error) {
      clip.dispose();
      throw error;
    }
  }

  /** The encoder for batches of images of one size, made when it is first needed: some never need it. */
  async imageEncoder(batch: number): Promise<ImageEncoder> {
    const { config, weights } = this.search;
    const encoder = this.#encoders.get(batch) ?? ImageEncoder.create(this.device, config, weights, batch);
    this.#encoders.set(batch, encoder);
    encoder.catch(() => this.#encoders.delete(batch)); // the next call may find memory
    return encoder;
  }

  /** What makes images of a page or a host ready on the device, loaded when the first of them comes. */
  async images(use: SearchUse): Promise<DeviceImages> {
    const images = this.#images.get(use) ?? this.#makeImages();
    this.#images.set(use, images);
    images.catch(() => this.#images.delete(use));
    return images;
  }

  async #makeImages(): Promise<DeviceImages> {
    const { DeviceImages } = await import('./device-images.ts');
    return DeviceImages.create(this.device, this.#preprocessing);
  }

  /** Encodes texts that stand by themselves. @param rows of the token table @returns [texts, embed], not normalized */
  encodeTexts(rows: readonly (readonly number[])[]): Promise<Float32Array> {
    const { config, weights } = this.search;
    this.#texts ??= new TextEncoderPrograms(this.device, config, weights, { batch: textBatch });
    return this.#texts.encode(rows);
  }

  /** Frees the device memory of the models and of what was compiled; the device itself stays open. */
  async dispose(): Promise<void> {
    for (const made of await Promise.allSettled([...this.#encoders.values(), ...this.#images.values()])) {
      if (made.status === 'fulfilled') await made.value.dispose();
    }
    await this.#texts?.dispose();
    for (const memory of Object.values(this.memory)) memory.dispose();
    this.#clip.dispose();
    this.#combiner?.dispose();
  }
}
