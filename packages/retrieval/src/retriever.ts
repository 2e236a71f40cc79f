import {
  type ClipConfig,
  channelsLast,
  decodeImage,
  imageFingerprint,
  imagePlanes,
  type Preprocessing,
  preprocessOptions,
  type RawImage,
  sourceFingerprint,
  textTokenizer,
} from '@webcir/clip';
import { compile, Device, type InputWriter, openDevice, wrapDevice } from '@webcir/kernels';
import { encodeInBatches } from './encode.ts';
import { type Explanation, explainQuery } from './explain.ts';
import { Gallery, type SearchProgram } from './gallery.ts';
import { GalleryIndex, MAX_NEIGHBOURS } from './gallery-index.ts';
import { isHostImage, readPageImage } from './image-input.ts';
import { madeAhead } from './made-ahead.ts';
import { ModelsKeeper } from './models-keeper.ts';
import { indexBatch, type Models, ModelsOnDevice, type SearchUse } from './models-on-device.ts';
import { prepareQuery, type QueryContext, type StoredImages } from './prepare-query.ts';
import { type CheckedQuery, checkQuery, type Query, type ShownImage } from './query.ts';
import { type ModelSources, readModels } from './read-models.ts';
import { copyFound, expectRecordable, type RecordedSearch } from './recorded-search.ts';
import { expectFinite } from './rows.ts';
import { compileSearchAhead } from './search-ahead.ts';
import { type SearchKind, searchGraph } from './search-graph.ts';
import { type Store, type StoreHit, type StoreSearch, storedImage } from './stores/store.ts';
import { topRows } from './top-rows.ts';

/** What a retriever is made of. */
export interface RetrieverOptions extends ModelSources {
  /**
   * A device of a host application; one is opened, and closed by `dispose`, unless given. If it is lost, a device that
   * was opened here is opened again, and galleries come with it; a host's is waited for (`rebind`).
   */
  readonly device?: Device | GPUDevice | undefined;
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

/** One image that was found. */
export interface SearchResult {
  readonly id: string;
  /** Counted from 1. */
  readonly rank: number;
  /** Cosine similarity of the query feature and the image's. */
  readonly score: number;
}

/** A query, and what else a store can be asked for. */
export type StoreQuery = Query & Pick<StoreSearch, 'offset' | 'filter' | 'candidates' | 'distinct'>;

/** Models that have been read, on a device. */
interface Opened {
  readonly models: Models;
  readonly onDevice: ModelsOnDevice;
  /** How the device was opened, where it was not given. */
  readonly open: (() => Promise<Device>) | undefined;
}

/** Composed image retrieval over your own images. Runs in Node and in browsers. */
export class Retriever {
  readonly config: ClipConfig;
  readonly preprocessing: Preprocessing;
  readonly #models: Models;
  readonly #keeper: ModelsKeeper;
  readonly #tokens: ReturnType<typeof textTokenizer>;
  readonly #fingerprint: () => Promise<string>;
  /** Those that have been made or searched here, and move to another device with the models. */
  readonly #galleries = new Set<Gallery>();

  protected constructor({ models, onDevice, open }: Opened) {
    this.#models = models;
    this.config = models.clip.config;
    this.preprocessing = models.preprocessing;
    this.#tokens = textTokenizer(models.clip, models.tokenizer);
    this.#fingerprint = once(() => imageFingerprint(models.given, models.preprocessing));
    const onMove = async (device: Device) => {
      for (const gallery of this.#liveGalleries()) await gallery.moveTo(device);
    };
    this.#keeper = new ModelsKeeper({ models, onDevice, open, onMove });
  }

  /**
   * Opens the models and copies them to the device.
   * @throws Error naming the file and the tensor at fault, or the address that did not answer; RangeError for a Combiner
   *   of another CLIP; NoAdapterError
   */
  static async load(options: RetrieverOptions): Promise<Retriever> {
    return new Retriever(await Retriever.open(options, openDevice));
  }

  /** What `load` makes a retriever of. @param open opens a device where none is given */
  protected static async open(options: RetrieverOptions, open: () => Promise<Device>): Promise<Opened> {
    const given = options.device;
    const device = given === undefined ? await open() : deviceOf(given);
    try {
      const models = await readModels(options, (read) => {
        compileSearchAhead(device, read).catch(() => {}); // the first search throws it
      });
      const onDevice = await ModelsOnDevice.upload(device, models);
      return { models, onDevice, open: given === undefined ? open : undefined };
    } catch (error) {
      if (given === undefined) device.close();
      throw error;
    }
  }

  /** The device at hand: another one after `rebind`, or after a loss. */
  get device(): Device {
    return this.#keeper.device;
  }

  /**
   * Encodes the images to be searched, and keeps their features on the device. Each image is let go of as soon as it
   * has the encoder's size.
   * @throws RangeError when there are none, or two of one id; DeviceLostError
   */
  async index(images: Entries<ShownImage>, options?: IndexOptions): Promise<Gallery> {
    return this.encodeEntries(images, (image) => this.planesOf(image), options);
  }

  /** @param planes makes an image what the encoder takes */
  protected async encodeEntries<Image>(
    images: Entries<Image>,
    planes: (image: Image) => Promise<Float32Array | InputWriter>,
    { onUnreadable }: IndexOptions = {},
  ): Promise<Gallery> {
    const made = madeAhead(
      withOwnIds(images),
      indexBatch,
      async ([id, image]) => [id, await planes(image)] as const,
      onUnreadable && (([id], error) => onUnreadable(id, error)),
    );
    const { batch } = await this.#keeper.use((models) => models.imageEncoder(indexBatch));
    const run = (pixels: Float32Array | InputWriter) =>
      this.#keeper.use(async (models) => (await models.imageEncoder(indexBatch)).run(pixels));
    const { ids, features } = await encodeInBatches(made, this.config, { batch, run });
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
    this.#keeper.expectOpen();
    if (fingerprint !== undefined) await this.#expectFingerprint(fingerprint);
    const { embedDim } = this.config;
    if (features.length !== ids.length * embedDim) {
      throw new RangeError(`expected ${ids.length} features of ${embedDim} values, found ${features.length} values`);
    }
    const index = await this.#keeper.use(({ device }) => GalleryIndex.create(device, features, embedDim));
    const gallery = new Gallery(ids, features, index, this.#fingerprint);
    this.#keep(gallery);
    return gallery;
  }

  /**
   * The images of a gallery that fit "this image, but …", best first. A query of one image and a text is one submit and
   * one read-back; further references, and what is to be avoided, are encoded before.
   * @throws RangeError when the text is too long or says nothing that the model knows, a part of the query is out of
   *   range, the gallery has no image of that id, is on another device, or was made by another model or preprocessing;
   *   DeviceLostError
   */
  async search(gallery: Gallery, query: Query): Promise<SearchResult[]> {
    this.#keeper.expectOpen();
    const checked = checkQuery(query);
    await this.#expectOwn(gallery);
    const excluded = new Set([...checked.exclude].flatMap((id) => gallery.rowOf(id) ?? []));
    const isWanted = (row: number) => !excluded.has(row);
    const found = askFor(checked.k, excluded.size, gallery.ids.length);
    const { rows, scores } = await this.#keeper.use(async (models) => {
      this.#expectOn(gallery, models);
      const prepared = await prepareQuery(this.#context(models, gallery, 'searched'), checked, found ?? 1);
      const program = await this.#program(models, gallery, prepared.kind, 'searched');
      const inputs = await prepared.inputs();
      this.#keeper.expectOpen();
      if (found === undefined) {
        const { query: feature } = await program.runAndRead(inputs, ['query']);
        return topRows(gallery.features, feature, checked.k, isWanted);
      }
      const { scores, indices } = await program.runAndRead(inputs, ['scores', 'indices']);
      return { rows: Array.from(new Uint32Array(indices.buffer)), scores: Array.from(scores) };
    });
    return rows
      .map((row, i) => ({ row, score: scores[i] }))
      .filter(({ row, score }) => isWanted(row) && score >= checked.minScore)
      .slice(0, checked.k)
      .map(({ row, score }, i) => ({ id: gallery.ids[row], rank: i + 1, score }));
  }

  /**
   * The images of a store that fit "this image, but …", best first. The query is composed as for a gallery; ids in it are
   * those of the store.
   * @throws RangeError when the text is too long or says nothing that the model knows, a part of the query is out of
   *   range, the store has no image of that id, or holds features of another model or preprocessing; DeviceLostError
   */
  async searchStore(store: Store, query: StoreQuery): Promise<StoreHit[]> {
    this.#keeper.expectOpen();
    const checked = checkQuery(query);
    await this.#expectFingerprint(store.model.fingerprint);
    const feature = await this.#keeper.use(async (models) => {
      const images = { featureOf: async (id: string) => (await storedImage(store, id)).feature };
      const prepared = await prepareQuery(this.#context(models, images, 'searched'), checked, 0);
      const program = await models.composition(prepared.kind);
      return (await program.runAndRead(await prepared.inputs(), ['query'])).query;
    });
    const { k, minScore, exclude } = checked;
    const { offset, filter, candidates, distinct } = query;
    const [hits] = await store.search(feature, { k, minScore, exclude, offset, filter, candidates, distinct });
    return hits;
  }

  /**
   * Takes a query apart: what the references say by themselves, what the text says by itself, what the Combiner made of
   * both, and what the query would be without each of its words. One batch of texts. Which images are found with any of
   * these, `Gallery.scores` tells.
   * @param options words: false leaves out the queries without each word, which take longer than all the rest
   * @throws RangeError as `search` does; DeviceLostError
   */
  async explain(gallery: Gallery, query: Query, { words = true } = {}): Promise<Explanation> {
    this.#keeper.expectOpen();
    const checked = checkQuery(query);
    await this.#expectOwn(gallery);
    return this.#keeper.use((models) => {
      this.#expectOn(gallery, models);
      const without = words ? this.#withoutEachWord(checked) : [];
      return explainQuery(this.#context(models, gallery, 'searched'), checked, without);
    });
  }

  /**
   * Writes the commands of a search into a host application's encoder: no submit, and no wait but for the programs of
   * the first search of a kind. Nothing is read back. The query's words are queued now, so that it must be submitted
   * before the next one is recorded.
   * @throws RangeError as `search` does, or naming what cannot be recorded or a buffer that cannot take what is found
   */
  async encode(encoder: GPUCommandEncoder, recorded: RecordedSearch): Promise<void> {
    const { gallery, query } = recorded;
    const checked = checkQuery(query);
    expectRecordable(recorded, checked);
    await this.#expectOwn(gallery);
    await this.#keeper.use(async (models) => {
      this.#expectOn(gallery, models);
      const found = Math.min(checked.k, gallery.ids.length);
      const prepared = await prepareQuery(this.#context(models, gallery, 'recorded'), checked, found);
      const program = await this.#program(models, gallery, prepared.kind, 'recorded');
      program.encode(encoder, await prepared.inputs());
      copyFound(encoder, program, recorded);
    });
  }

  /**
   * Moves the models, and the galleries that were made or searched here, to another device of a host application: after
   * a loss, or whenever it likes. Work that is under way ends first.
   * @throws Error naming what the device cannot hold; the retriever then stays where it was
   */
  async rebind(device: Device | GPUDevice): Promise<void> {
    await this.#keeper.rebind(deviceOf(device));
  }

  /**
   * Frees the device memory of the models, and closes the device where it was opened by `load`. Galleries have a
   * `dispose` of their own.
   */
  async dispose(): Promise<void> {
    await this.#keeper.close();
    for (const gallery of this.#galleries) await gallery.release(this);
    this.#galleries.clear();
  }

  /** An image as the encoder takes it: normalized planes [3, size, size]. */
  protected planes(image: RawImage): Float32Array {
    return imagePlanes(image, preprocessOptions(this.config, this.preprocessing));
  }

  /** Decodes the bytes of an image file; the platform does it in a page. */
  protected decode(file: Blob): Promise<RawImage> {
    return decodeImage(file);
  }

  /**
   * The program for queries of a kind, compiled when the first of them comes.
   * @param use what a host has recorded, and submits who knows when, has inputs of its own
   */
  #program(models: ModelsOnDevice, gallery: Gallery, kind: SearchKind, use: SearchUse): Promise<SearchProgram> {
    return gallery.program(this, [use, ...Object.values(kind)].join(), async () => {
      const graph = searchGraph(await models.forSearch(kind), gallery.index, kind);
      return compile(models.device, { ...graph, memory: models.memory[use] });
    });
  }

  #context(models: ModelsOnDevice, images: StoredImages, use: SearchUse): QueryContext {
    return {
      models,
      images,
      rowsOf: (text, truncate) => this.#rows(text, truncate),
      pixelsOf: async (image) =>
        isDecoded(image)
          ? this.#channelsLast(this.planes(await this.#decoded(image)))
          : (await models.images(use)).writer(image),
    };
  }

  /** An image of `index`, as an encoder of several at once takes it. */
  protected async planesOf(image: ShownImage): Promise<Float32Array | InputWriter> {
    if (isDecoded(image)) return this.planes(await this.#decoded(image));
    // Images on the device are read one after the other; those of a page would all be read when a batch is recorded.
    if (!isHostImage(image)) return this.planes(readPageImage(image));
    return this.#keeper.use(async (models) => (await models.images('searched')).writer(image));
  }

  async #decoded(image: RawImage | Blob): Promise<RawImage> {
    return image instanceof Blob ? this.decode(image) : image;
  }

  /** The token ids of a text, as rows of the token table. */
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

  /** A text without each of its words, where words that the model knows are left. */
  #withoutEachWord({ text = '', truncate }: CheckedQuery): { word: string; rows: readonly number[] }[] {
    const words = text.split(/\s+/).filter((word) => word !== '');
    return words.flatMap((word, at) => {
      const { rows, textLength } = this.#tokens(words.toSpliced(at, 1).join(' '), { truncate });
      return textLength > 0 ? [{ word, rows }] : [];
    });
  }

  #channelsLast(planes: Float32Array): Float32Array {
    const { imageResolution: size } = this.config;
    const pixels = new Float32Array(3 * size * size);
    channelsLast(planes, size, pixels);
    return pixels;
  }

  /** @throws RangeError unless the gallery's features compare with those that are made here */
  async #expectOwn(gallery: Gallery): Promise<void> {
    const { embedDim } = this.config;
    if (gallery.index.dim !== embedDim)
      throw new RangeError(`the gallery has features of ${gallery.index.dim} values, this model makes ${embedDim}`);
    if (gallery.fingerprint !== this.#fingerprint) await this.#expectFingerprint(await gallery.fingerprint());
    this.#keep(gallery);
  }

  /**
   * A gallery of the model that light weights were made of is searched with them.
   * @throws RangeError unless features of this fingerprint compare with those that this retriever makes
   */
  async #expectFingerprint(fingerprint: string): Promise<void> {
    const { given, preprocessing } = this.#models;
    if (fingerprint === (await sourceFingerprint(given, preprocessing))) return;
    const own = await this.#fingerprint();
    if (fingerprint === own) return;
    throw new RangeError(
      `the gallery was made by another CLIP, or with another preprocessing, than this retriever has: its fingerprint ` +
        `is ${fingerprint}, expected ${own}. Load the retriever that made it, or index the images again`,
    );
  }

  #expectOn({ index }: Gallery, { device }: ModelsOnDevice): void {
    if (index.device === device) return;
    throw new RangeError(
      'the gallery is on another device: give both retrievers one device, or index the images again',
    );
  }

  #keep(gallery: Gallery): void {
    this.#liveGalleries().add(gallery);
  }

  #liveGalleries(): Set<Gallery> {
    for (const gallery of this.#galleries) if (gallery.isDisposed) this.#galleries.delete(gallery);
    return this.#galleries;
  }
}

/**
 * How many images to ask the device for, so that `k` are left without those that are excluded; undefined where these are
 * too many. Few numbers, each with its own program.
 */
function askFor(k: number, excluded: number, size: number): number | undefined {
  if (excluded === 0) return Math.min(k, size);
  const asked = Math.min(2 ** Math.ceil(Math.log2(k + excluded)), size);
  return asked <= MAX_NEIGHBOURS ? asked : undefined;
}

/** Whether the pixels of an image are here, or in a file: a page or the device has the others. */
const isDecoded = (image: ShownImage): image is RawImage | Blob => image instanceof Blob || 'channels' in image;

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

const deviceOf = (device: Device | GPUDevice): Device => (device instanceof Device ? device : wrapDevice(device));
