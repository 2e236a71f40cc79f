import {
  type ClipConfig,
  type ClipModel,
  ClipOnDemand,
  type Preprocessing,
  type PreprocessOptions,
  preprocessOptions,
  type Tokenizer,
} from '@webcir/clip';
import { type CombinerModel, combine, uploadCombiner } from '@webcir/combiner';
import {
  compile,
  type Device,
  type Program,
  remember,
  SharedMemory,
  type Tensor,
  type TensorStore,
} from '@webcir/kernels';
import { fittingBatch, imageBatchFor } from './batch-size.ts';
import { DeviceImages } from './device-images.ts';
import { ImageEncoder, TextEncoderPrograms } from './encode.ts';
import { type ExplanationOutputs, explanationGraph } from './explain.ts';
import { Fusion } from './fusion.ts';
import { composedQuery, type SearchKind, type SearchModels } from './search-graph.ts';

/** Everything that a retriever is made of, but for the device. */
export interface Models {
  readonly clip: ClipModel;
  /** The CLIP as it was read: `clip` has its BatchNorm folded. */
  readonly given: ClipModel;
  readonly combiner: CombinerModel | undefined;
  readonly tokenizer: Tokenizer;
  readonly preprocessing: Preprocessing;
}

/** Images that are encoded at once, and made ready at most while others are. */
export const indexBatch = 16;
/** Texts of queries that are encoded at once, and pairs of features that a Combiner mixes at once. */
const textBatch = 32;

/** How a search comes to the device: submitted here, or recorded for a host that submits it. */
export type SearchUse = 'searched' | 'recorded';

/** A retriever's models on one device, as far as they have been needed, and what has been compiled of them. */
export class ModelsOnDevice {
  readonly device: Device;
  readonly config: ClipConfig;
  readonly combiner: TensorStore | undefined;
  /** Shared by all searches, which take turns: those that are run here, and those that a host submits. */
  readonly memory: Readonly<Record<SearchUse, SharedMemory>>;
  readonly #clip: ClipOnDemand;
  readonly #preprocessing: PreprocessOptions;
  readonly #images = new Map<SearchUse, Promise<DeviceImages>>();
  readonly #encoders = new Map<number, Promise<ImageEncoder>>();
  readonly #fusions = new Map<number, Promise<Fusion>>();
  readonly #compositions = new Map<string, Promise<Program<'query'>>>();
  readonly #explainers = new Map<string, Promise<Program<ExplanationOutputs>>>();
  #texts: TextEncoderPrograms | undefined;
  #imageBatch: number | undefined;

  private constructor(device: Device, { clip, preprocessing }: Models, combiner: TensorStore | undefined) {
    this.device = device;
    this.config = clip.config;
    this.combiner = combiner;
    this.memory = { searched: new SharedMemory(device), recorded: new SharedMemory(device) };
    this.#clip = new ClipOnDemand(device, clip);
    this.#preprocessing = preprocessOptions(clip.config, preprocessing);
  }

  /**
   * Copies what every query with a text needs to a device: the text encoder and the Combiner.
   * @throws Error naming the first tensor with a value that is not finite
   */
  static async upload(device: Device, models: Models): Promise<ModelsOnDevice> {
    const combiner = models.combiner && (await uploadCombiner(device, models.combiner));
    const onDevice = new ModelsOnDevice(device, models, combiner);
    try {
      await onDevice.#clip.forTexts();
      return onDevice;
    } catch (error) {
      await onDevice.dispose();
      throw error;
    }
  }

  /** What the graph of a search is made of, copied to the device where it is not there yet. */
  async forSearch({ image, textLength }: Pick<SearchKind, 'image' | 'textLength'>): Promise<SearchModels> {
    const texts = textLength === undefined ? undefined : await this.#clip.forTexts();
    const images = image === 'pixels' ? await this.#clip.forImages() : undefined;
    return { config: this.config, texts, images, combiner: this.combiner };
  }

  /** The program that composes a query feature of a kind, made when it is first needed. */
  composition(kind: SearchKind): Promise<Program<'query'>> {
    return remember(this.#compositions, Object.values(kind).join(), async () => {
      const query = composedQuery(await this.forSearch(kind), kind);
      return compile(this.device, { outputs: { query }, memory: this.memory.searched });
    });
  }

  /** Copies rows of the token table to the device, unless they are there. */
  async loadTokens(rows: readonly number[]): Promise<void> {
    await this.#clip.forTexts(rows);
  }

  /** Most images that are encoded at once: fewer for a model whose activations the device could not bind. */
  async imageBatch(): Promise<number> {
    this.#imageBatch ??= imageBatchFor(this.config, await this.#clip.forImages(), this.device.capabilities, indexBatch);
    return this.#imageBatch;
  }

  /** The encoder for batches of images of one size, made when it is first needed: some never need it. */
  imageEncoder(batch: number): Promise<ImageEncoder> {
    return remember(this.#encoders, batch, async () =>
      ImageEncoder.create(this.device, this.config, await this.#clip.forImages(), batch, this.memory.searched),
    );
  }

  /** What makes images of a page or a host ready on the device. */
  images(use: SearchUse): Promise<DeviceImages> {
    return remember(this.#images, use, () => DeviceImages.create(this.device, this.#preprocessing));
  }

  /** Encodes texts that stand by themselves. @param rows of the token table @returns [texts, embed], not normalized */
  async encodeTexts(rows: readonly (readonly number[])[]): Promise<Float32Array> {
    const weights = await this.#clip.forTexts(rows.flat());
    this.#texts ??= new TextEncoderPrograms(this.device, this.config, weights, {
      batch: textBatch,
      fit: true,
      memory: this.memory.searched,
    });
    return this.#texts.encode(rows);
  }

  /**
   * What the Combiner makes of pairs of features, as CLIP gives them.
   * @returns [embed] for each, L2-normalized; undefined without a Combiner
   */
  async fuse(
    pairs: readonly { readonly image: Float32Array; readonly text: Float32Array }[],
  ): Promise<Float32Array[] | undefined> {
    const { combiner, config } = this;
    if (!combiner) return undefined;
    if (pairs.length === 0) return [];
    const batch = fittingBatch(pairs.length, textBatch);
    const fusion = await remember(this.#fusions, batch, () => {
      const fuse = (image: Tensor, text: Tensor) => combine(image, text, (name) => combiner.tensor(name));
      return Fusion.create(this.device, config.embedDim, fuse, batch, this.memory.searched);
    });
    const rows = (part: 'image' | 'text') => {
      const values = new Float32Array(pairs.length * config.embedDim);
      for (const [i, pair] of pairs.entries()) values.set(pair[part], i * config.embedDim);
      return values;
    };
    const fused = await fusion.run(rows('image'), rows('text'));
    return pairs.map((_, i) => fused.subarray(i * config.embedDim, (i + 1) * config.embedDim));
  }

  /** What encodes several texts of a length and mixes each with one reference. */
  explainer(texts: number, length: number): Promise<Program<ExplanationOutputs>> {
    return remember(this.#explainers, `${texts} ${length}`, async () => {
      const models = await this.forSearch({ image: 'feature', textLength: length });
      return compile(this.device, { ...explanationGraph(models, texts, length), memory: this.memory.searched });
    });
  }

  /** Frees the device memory of the models and of what was compiled; the device itself stays open. */
  async dispose(): Promise<void> {
    const programs = [
      ...this.#encoders.values(),
      ...this.#fusions.values(),
      ...this.#images.values(),
      ...this.#compositions.values(),
      ...this.#explainers.values(),
    ];
    for (const made of await Promise.allSettled<{ dispose(): unknown }>(programs)) {
      if (made.status === 'fulfilled') await made.value.dispose();
    }
    await this.#texts?.dispose();
    for (const memory of Object.values(this.memory)) memory.dispose();
    await this.#clip.dispose();
    this.combiner?.dispose();
  }
}
