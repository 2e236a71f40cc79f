import {
  type ClipModel,
  type DeviceClip,
  normalizePixels,
  preprocess,
  type RawImage,
  type Tokenizer,
  textTokenizer,
  uploadClip,
} from '@webcir/clip';
import { type CombinerModel, combine, elementwiseSum, uploadCombiner } from '@webcir/combiner';
import type { Device, Tensor, TensorStore } from '@webcir/kernels';
import { ImageEncoder, TextEncoderPrograms } from './encode.ts';
import { Fusion } from './fusion.ts';
import { GalleryIndex } from './gallery.ts';

export interface RetrieverParts {
  readonly device: Device;
  readonly clip: ClipModel;
  readonly tokenizer: Tokenizer;
  /** Without it, queries are the plain sum of both features. */
  readonly combiner?: CombinerModel;
}

/** Features of the images that are searched. */
export interface Gallery {
  readonly ids: readonly string[];
  /** [ids, embed], as CLIP gives them: to be stored, and given to `Retriever.load` again. */
  readonly features: Float32Array;
  /** The features on the device; `dispose()` frees them. */
  readonly index: GalleryIndex;
}

export interface SearchResult {
  readonly id: string;
  /** From 1. */
  readonly rank: number;
  /** Cosine similarity of the query feature and the image's. */
  readonly score: number;
}

/** Images that are indexed at once; searches come one at a time. */
const imageBatch = 16;
const textBatch = 1;

/** Composed image retrieval over your own images. Runs in Node and in browsers. */
export class Retriever {
  readonly #device: Device;
  readonly #model: ClipModel;
  readonly #clip: DeviceClip;
  readonly #combiner: TensorStore | undefined;
  readonly #images: ImageEncoder;
  readonly #texts: TextEncoderPrograms;
  readonly #fusion: Fusion;
  readonly #tokens: ReturnType<typeof textTokenizer>;

  private constructor(
    parts: RetrieverParts,
    clip: DeviceClip,
    combiner: TensorStore | undefined,
    images: ImageEncoder,
    fusion: Fusion,
  ) {
    this.#device = parts.device;
    this.#model = parts.clip;
    this.#clip = clip;
    this.#combiner = combiner;
    this.#images = images;
    this.#fusion = fusion;
    this.#texts = new TextEncoderPrograms(parts.device, parts.clip.config, clip.weights, { batch: textBatch });
    this.#tokens = textTokenizer(parts.clip, parts.tokenizer);
  }

  /** Copies the weights to the device and compiles the programs. */
  static async create(parts: RetrieverParts): Promise<Retriever> {
    const { device, clip: model } = parts;
    const clip = await uploadClip(device, model);
    const combiner = parts.combiner && (await uploadCombiner(device, parts.combiner));
    const fuse = (image: Tensor, text: Tensor) =>
      combiner ? combine(image, text, (name) => combiner.tensor(name)) : elementwiseSum(image, text);
    const images = await ImageEncoder.create(device, model.config, clip.weights, imageBatch);
    return new Retriever(parts, clip, combiner, images, await Fusion.create(device, model.config.embedDim, fuse, 1));
  }

  /** Encodes the images to be searched, and keeps their features on the device. @throws RangeError when there are none */
  async index(images: ReadonlyMap<string, RawImage>): Promise<Gallery> {
    return this.load([...images.keys()], await this.#encode([...images.values()]));
  }

  /**
   * Makes a gallery of features that were encoded before: `Gallery.features`, or what `webcir encode` wrote.
   * @param features [ids, embed], as CLIP gives them
   * @throws RangeError when there are none, or not one for each id
   */
  async load(ids: readonly string[], features: Float32Array): Promise<Gallery> {
    const { embedDim } = this.#model.config;
    if (features.length !== ids.length * embedDim) {
      throw new RangeError(`expected ${ids.length} features of ${embedDim} values, found ${features.length} values`);
    }
    return { ids, features, index: await GalleryIndex.create(this.#device, features, embedDim) };
  }

  /**
   * The images of a gallery that fit "this image, but …", best first.
   * @param text how the wanted image differs, e.g. 'is shorter and has a floral print'
   * @param k at most 128
   * @throws RangeError when the text is too long or k out of range
   */
  async search(gallery: Gallery, reference: RawImage, text: string, k = 10): Promise<SearchResult[]> {
    const image = await this.#encode([reference]);
    const query = await this.#fusion.run(image, await this.#texts.encode([this.#tokens(text).rows]));
    const { indices, scores } = await gallery.index.search(query, k);
    return Array.from(indices, (image, i) => ({ id: gallery.ids[image], rank: i + 1, score: scores[i] }));
  }

  /** Frees the device memory of the weights and programs; the device itself stays open. */
  async dispose(): Promise<void> {
    this.#images.dispose();
    this.#fusion.dispose();
    await this.#texts.dispose();
    this.#clip.dispose();
    this.#combiner?.dispose();
  }

  #encode(images: readonly RawImage[]): Promise<Float32Array> {
    const size = this.#model.config.imageResolution;
    return this.#images.encode(images.length, (i) =>
      normalizePixels(preprocess(images[i], { transform: 'targetpad', size })),
    );
  }
}
