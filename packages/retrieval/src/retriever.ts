import {
  CLIP4CIR_PREPROCESSING,
  type ClipConfig,
  type ClipModel,
  channelsLast,
  createTokenizer,
  type DeviceClip,
  encodeImage,
  encodeText,
  foldBatchNorm,
  imageFingerprint,
  imagePlanes,
  lengthFor,
  named,
  openSafetensors,
  type Preprocessing,
  packTokens,
  preprocessOptions,
  type RawImage,
  readClipModel,
  readVocabulary,
  type Tokenizer,
  textTokenizer,
  uploadClip,
} from '@webcir/clip';
import { type CombinerModel, combine, elementwiseSum, uploadCombiner } from '@webcir/combiner';
import { compile, Device, input, openDevice, SharedMemory, type TensorStore, wrapDevice } from '@webcir/kernels';
import { ImageEncoder } from './encode.ts';
import { Gallery, type SearchProgram } from './gallery.ts';
import { GalleryIndex, MAX_NEIGHBOURS } from './gallery-index.ts';
import { madeAhead } from './made-ahead.ts';
import { expectCombinerOf, readCombinerModel } from './read-combiner.ts';
import { expectFinite } from './rows.ts';
import { compileSearchAhead } from './search-ahead.ts';
import { isSource, openSource, type Source } from './source.ts';

/** What a retriever is made of. */
export interface RetrieverOptions {
  /** CLIP: a safetensors file as an address, Blob or bytes, or a model that has been read (`readClipModel`). */
  readonly clip: Source | ClipModel;
  /** The Combiner, given in the same ways. Without it, queries are the plain sum of both features. */
  readonly combiner?: Source | CombinerModel | undefined;
  /**
   * The model's tokenizer (`createSiglipTokenizer` for a SigLIP), or CLIP's vocabulary (`clip-vocabulary.txt.gz`) as an
   * address, Blob or bytes.
   */
  readonly tokenizer: Source | Tokenizer;
  /** A device of a host application; one is opened, and closed by `dispose`, unless given. */
  readonly device?: Device | GPUDevice | undefined;
  /** How images become the encoder's input: as the model says (`ClipModel.preprocessing`) unless given. */
  readonly preprocessing?: Preprocessing | undefined;
}

/** Images by id, as they come: a Map, a list of pairs, a generator that decodes one after the other. */
export type Entries<Image> = Iterable<readonly [string, Image]> | AsyncIterable<readonly [string, Image]>;

/** Options of `Retriever.index`. */
export interface IndexOptions {
  /**
   * Called with the id of an image that cannot be read, and with the error that names it: the image is left out. Unless
   * given, the first such error is thrown.
   */
  onUnreadable?(id: string, error: Error): void;
}

/** What is searched for: "this image, but …". */
export interface Query {
  /** The reference: an image, or the id of one in the gallery, which then is not encoded again. */
  readonly image: RawImage | string;
  /** How the wanted image differs, e.g. 'is shorter and has a floral print'. */
  readonly text: string;
  /** Cuts a text that is too long for the model, instead of refusing it. */
  readonly truncate?: boolean;
  /** How many images to find, at most 128; 10 unless given. */
  readonly k?: number;
}

/** One image that was found. */
export interface SearchResult {
  readonly id: string;
  /** Counted from 1. */
  readonly rank: number;
  /** Cosine similarity of the query feature and the image's. */
  readonly score: number;
}

/** Everything that a retriever is made of. */
interface Parts {
  readonly device: Device;
  readonly ownsDevice: boolean;
  readonly model: ClipModel;
  /** The model as it was read: `model` has its BatchNorm folded. */
  readonly given: ClipModel;
  readonly tokenizer: Tokenizer;
  readonly preprocessing: Preprocessing;
  readonly clip: DeviceClip;
  readonly combiner: TensorStore | undefined;
}

/** Images that are indexed at once, and made ready at most while others are. */
const indexBatch = 16;

/** Composed image retrieval over your own images. Runs in Node and in browsers. */
export class Retriever {
  readonly device: Device;
  readonly config: ClipConfig;
  readonly preprocessing: Preprocessing;
  readonly #parts: Parts;
  readonly #tokens: ReturnType<typeof textTokenizer>;
  /** Shared by all searches, which take turns. */
  readonly #memory: SharedMemory;
  readonly #fingerprint: () => Promise<string>;
  #encoder: Promise<ImageEncoder> | undefined;
  #disposed = false;

  protected constructor(parts: Parts) {
    this.#parts = parts;
    this.device = parts.device;
    this.config = parts.model.config;
    this.preprocessing = parts.preprocessing;
    this.#tokens = textTokenizer(parts.model, parts.tokenizer);
    this.#memory = new SharedMemory(parts.device);
    this.#fingerprint = once(() => imageFingerprint(parts.given, parts.preprocessing));
  }

  /**
   * Opens the models and copies them to the device.
   * @throws Error naming the file and the tensor at fault, or the address that did not answer; RangeError for a Combiner
   *   of another CLIP; NoAdapterError
   */
  static async load(options: RetrieverOptions): Promise<Retriever> {
    return new Retriever(await Retriever.open(options));
  }

  /** What `load` makes a retriever of. @param opened a device that was opened for it, and so is closed by it */
  protected static async open(options: RetrieverOptions, opened?: Device): Promise<Parts> {
    const ownsDevice = options.device === undefined;
    const device = opened ?? (await deviceOf(options.device));
    try {
      const [{ given, model, combinerModel }, tokenizer] = await Promise.all([
        openModels(device, options),
        openTokenizer(options.tokenizer),
      ]);
      if (combinerModel) await expectCombinerOf(given, combinerModel);
      const clip = await uploadClip(device, model);
      const combiner = combinerModel && (await uploadCombiner(device, combinerModel));
      const preprocessing = options.preprocessing ?? given.preprocessing ?? CLIP4CIR_PREPROCESSING;
      return { device, ownsDevice, model, given, tokenizer, preprocessing, clip, combiner };
    } catch (error) {
      if (ownsDevice) device.close();
      throw error;
    }
  }

  /**
   * Encodes the images to be searched, and keeps their features on the device. Each image is let go of as soon as it
   * has the encoder's size.
   * @throws RangeError when there are none, or two of one id
   */
  async index(images: Entries<RawImage>, options?: IndexOptions): Promise<Gallery> {
    return this.encodeEntries(images, (image) => this.planes(image), options);
  }

  /** @param planes makes an image what the encoder takes */
  protected async encodeEntries<Image>(
    images: Entries<Image>,
    planes: (image: Image) => Float32Array | Promise<Float32Array>,
    { onUnreadable }: IndexOptions = {},
  ): Promise<Gallery> {
    const encoder = await this.#imageEncoder();
    const made = madeAhead(
      withOwnIds(images),
      indexBatch,
      async ([id, image]) => [id, await planes(image)] as const,
      onUnreadable && (([id], error) => onUnreadable(id, error)),
    );
    const { ids, features } = await encoder.encode(made);
    expectFinite('images', features, this.config.embedDim, ids);
    return this.restore(ids, features);
  }

  /**
   * Makes a gallery of features that were encoded before: `Gallery.features`, or what `webcir encode` wrote.
   * @param features [ids, embed], as CLIP gives them
   * @param fingerprint what was stored beside the features: `Gallery.fingerprint`, or `fingerprint` in the metadata that
   *   `webcir encode` wrote. It is compared with this retriever's, which takes a second for a ViT-B/32, once
   * @throws RangeError when there are none, not one for each id, or two of one id; or when they were made by another
   *   CLIP or preprocessing
   */
  async restore(ids: readonly string[], features: Float32Array, fingerprint?: string): Promise<Gallery> {
    this.#expectUsable();
    if (fingerprint !== undefined) await this.#expectFingerprint(fingerprint);
    const { embedDim } = this.config;
    if (features.length !== ids.length * embedDim) {
      throw new RangeError(`expected ${ids.length} features of ${embedDim} values, found ${features.length} values`);
    }
    const index = await GalleryIndex.create(this.device, features, embedDim);
    return new Gallery(ids, features, index, this.#fingerprint);
  }

  /**
   * The images of a gallery that fit "this image, but …", best first: one submit and one read-back.
   * @throws RangeError when the text is too long or says nothing that the model knows, k is out of range, the gallery
   *   has no image of that id, is on another device, or was made by another model or preprocessing
   */
  async search(gallery: Gallery, { image, text, truncate = false, k = 10 }: Query): Promise<SearchResult[]> {
    this.#expectUsable();
    const { contextLength, embedDim } = this.config;
    if (!Number.isInteger(k) || k < 1 || k > MAX_NEIGHBOURS)
      throw new RangeError(`k: expected a whole number from 1 to ${MAX_NEIGHBOURS}, found ${k}`);
    if (gallery.index.dim !== embedDim)
      throw new RangeError(`the gallery has features of ${gallery.index.dim} values, this model makes ${embedDim}`);
    if (gallery.index.device !== this.device)
      throw new RangeError(
        'the gallery is on another device: give both retrievers one device, or index the images again',
      );
    if (gallery.fingerprint !== this.#fingerprint) await this.#expectFingerprint(await gallery.fingerprint());
    const rows = this.#rows(text, truncate);
    const { tokens, eotPositions, length } = packTokens([rows], lengthFor([rows], contextLength));
    const shown: Record<string, Float32Array> =
      typeof image === 'string' ? { feature: gallery.featureOf(image) } : { pixels: this.#pixels(image) };
    const found = Math.min(k, gallery.index.size);
    const program = await gallery.program(this.#memory, `${Object.keys(shown)} ${length} ${found}`, () =>
      this.#compile(gallery, 'pixels' in shown, length, found),
    );
    this.#expectUsable();
    const result = await program.runAndRead({ ...shown, tokens, eotPositions }, ['scores', 'indices']);
    return Array.from(new Uint32Array(result.indices.buffer), (row, i) => ({
      id: gallery.ids[row],
      rank: i + 1,
      score: result.scores[i],
    }));
  }

  /**
   * Frees the device memory of the models, and closes the device where it was opened by `load`. Galleries have a
   * `dispose` of their own.
   */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    const { device, ownsDevice, clip, combiner } = this.#parts;
    (await this.#encoder?.catch(() => undefined))?.dispose();
    this.#memory.dispose();
    clip.dispose();
    combiner?.dispose();
    if (ownsDevice) device.close();
  }

  /** Compiles a search: from pixels, or a feature, and tokens to the nearest images, in one program. */
  #compile(gallery: Gallery, hasPixels: boolean, length: number, k: number): Promise<SearchProgram> {
    const { device, clip, combiner } = this.#parts;
    const { config } = this;
    const size = config.imageResolution;
    const image = hasPixels
      ? encodeImage(input('pixels', [1, size, size, 3]), clip.weights, config)
      : input('feature', [1, config.embedDim]);
    const tokens = input('tokens', [1, length], 'u32');
    const text = encodeText(tokens, input('eotPositions', [1], 'u32'), clip.weights, config);
    const query = combiner ? combine(image, text, (name) => combiner.tensor(name)) : elementwiseSum(image, text);
    const [scores, indices] = gallery.index.nearest(query, k);
    return compile(device, { outputs: { scores, indices }, memory: this.#memory });
  }

  #expectUsable(): void {
    if (this.#disposed) throw new Error('this retriever is disposed of: load another one');
  }

  /** @throws RangeError unless features of this fingerprint compare with those that this retriever makes */
  async #expectFingerprint(fingerprint: string): Promise<void> {
    const own = await this.#fingerprint();
    if (fingerprint === own) return;
    throw new RangeError(
      `the gallery was made by another CLIP, or with another preprocessing, than this retriever has: its fingerprint ` +
        `is ${fingerprint}, expected ${own}. Load the retriever that made it, or index the images again`,
    );
  }

  /** Made when it is first needed: whoever restores a gallery may never need it. */
  async #imageEncoder(): Promise<ImageEncoder> {
    this.#expectUsable();
    const { device, model, clip } = this.#parts;
    this.#encoder ??= ImageEncoder.create(device, model.config, clip.weights, indexBatch);
    try {
      return await this.#encoder;
    } catch (error) {
      this.#encoder = undefined; // the next call may find memory
      throw error;
    }
  }

  /** The token ids of a query's text, as rows of the token table. */
  #rows(text: string, truncate: boolean): readonly number[] {
    const { rows, textLength, unknown } = this.#tokens(text, { truncate });
    if (textLength > 0) return rows;
    const shown = JSON.stringify(text);
    throw new RangeError(
      unknown.length > 0
        ? `text: the model knows no word of ${shown}`
        : `text: expected how the wanted image differs, found ${shown}`,
    );
  }

  /** An image as the encoder takes it: normalized planes [3, size, size]. */
  protected planes(image: RawImage): Float32Array {
    return imagePlanes(image, preprocessOptions(this.config, this.preprocessing));
  }

  #pixels(image: RawImage): Float32Array {
    const { imageResolution: size } = this.config;
    const pixels = new Float32Array(3 * size * size);
    channelsLast(this.planes(image), size, pixels);
    return pixels;
  }
}

/** Finds two images of one id before hours of work. @throws RangeError naming the id */
async function* withOwnIds<Image>(images: Entries<Image>): AsyncGenerator<readonly [string, Image]> {
  const ids = new Set<string>();
  for await (const [id, image] of images) {
    if (ids.has(id)) throw new RangeError(`two images to be indexed are named '${id}'`);
    ids.add(id);
    yield [id, image];
  }
}

/** Calls `make` when it is first needed, and again only if that failed. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

async function deviceOf(device: Device | GPUDevice | undefined): Promise<Device> {
  if (device === undefined) return openDevice();
  return device instanceof Device ? device : wrapDevice(device);
}

/** Opens the models, and has a search's kernels compiled while the rest is loaded. */
async function openModels(device: Device, { clip, combiner }: Pick<RetrieverOptions, 'clip' | 'combiner'>) {
  const [given, combinerModel] = await Promise.all([openClip(clip), openCombiner(combiner)]);
  const model = foldBatchNorm(given);
  compileSearchAhead(device, model, combinerModel).catch(() => {}); // the first search throws it
  return { given, model, combinerModel };
}

const openClip = async (clip: Source | ClipModel): Promise<ClipModel> =>
  isSource(clip) ? readNamed(clip, 'clip', (file) => readClipModel(file)) : clip;

const openCombiner = async (combiner: Source | CombinerModel | undefined): Promise<CombinerModel | undefined> =>
  isSource(combiner) ? readNamed(combiner, 'combiner', readCombinerModel) : combiner;

/** Reads a model from a safetensors file. @throws Error naming the file */
async function readNamed<Model>(
  source: Source,
  what: string,
  read: (file: Awaited<ReturnType<typeof openSafetensors>>) => Model,
): Promise<Model> {
  const bytes = await openSource(source, what);
  const file = await openSafetensors(bytes);
  return named(bytes.name, () => read(file));
}

async function openTokenizer(tokenizer: Source | Tokenizer): Promise<Tokenizer> {
  if (!isSource(tokenizer)) return tokenizer;
  const bytes = await openSource(tokenizer, 'tokenizer');
  const whole = await bytes.read(0, bytes.size);
  return named(bytes.name, async () => createTokenizer(await readVocabulary(whole.slice())));
}
