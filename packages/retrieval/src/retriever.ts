import {
  type ClipConfig,
  channelsLast,
  decodeImage,
  imagePlanes,
  type Preprocessing,
  preprocessOptions,
  type RawImage,
} from '@webcir/clip';
import { Device, type InputWriter, openDevice, wrapDevice } from '@webcir/kernels';
import { composeQueries, composeQuery } from './compose.ts';
import type { EncodedImages } from './encode.ts';
import { type Entries, encodeEntries, type IndexOptions } from './encode-images.ts';
import { type Explanation, explainQuery } from './explain.ts';
import { Gallery } from './gallery.ts';
import { isHostImage, readPageImage } from './image-input.ts';
import { ModelsKeeper, type UseModels } from './models-keeper.ts';
import { type Models, ModelsOnDevice, type SearchUse } from './models-on-device.ts';
import { OwnGalleries } from './own-galleries.ts';
import type { QueryContext } from './prepare-query.ts';
import { checkQuery, type Query, type ShownImage, type StoreQuery, storeSearchOf } from './query.ts';
import { checkQueries } from './query-error.ts';
import { QueryTexts } from './query-texts.ts';
import { type ModelSources, readModels } from './read-models.ts';
import { copyFound, expectRecordable, type RecordedSearch } from './recorded-search.ts';
import { type Lookup, resolveQuery } from './resolve-query.ts';
import { expectFinite } from './rows.ts';
import { compileSearchAhead } from './search-ahead.ts';
import { expectOn, prepareSearch, type SearchResult, searchGallery } from './search-gallery.ts';
import { storedImages } from './stored-images.ts';
import type { Store, StoreHit, StoreModel } from './stores/store.ts';

/** What a retriever is made of. */
export interface RetrieverOptions extends ModelSources {
  /**
   * A device of a host application; one is opened, and closed by `dispose`, unless given. If it is lost, a device that
   * was opened here is opened again, and galleries come with it; a host's is waited for (`rebind`).
   */
  readonly device?: Device | GPUDevice | undefined;
}

/** Models that have been read, on a device. */
interface Opened {
  readonly models: Models;
  readonly onDevice: ModelsOnDevice;
  /** How the device was opened, where it was not given. */
  readonly open: (() => Promise<Device>) | undefined;
}

type Context = QueryContext & Lookup;

/** Composed image retrieval over your own images. Runs in Node and in browsers. */
export class Retriever {
  readonly config: ClipConfig;
  readonly preprocessing: Preprocessing;
  readonly #keeper: ModelsKeeper;
  readonly #texts: QueryTexts;
  readonly #galleries: OwnGalleries;

  protected constructor({ models, onDevice, open }: Opened) {
    this.config = models.clip.config;
    this.preprocessing = models.preprocessing;
    this.#texts = new QueryTexts(models);
    this.#galleries = new OwnGalleries(models);
    const onMove = (device: Device) => this.#galleries.moveTo(device);
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
   * Encodes the images to be searched, and keeps their features on the device: `restore` of what `encodeImages` gives.
   * @throws RangeError when there are none, or two of one id; DeviceLostError
   */
  async index(images: Entries<ShownImage>, options?: IndexOptions): Promise<Gallery> {
    const { ids, features } = await this.encodeImages(images, options);
    return this.restore(ids, features);
  }

  /**
   * Encodes images, for a store to keep their features (`Store.put`). Each image is let go of as soon as it has the
   * encoder's size.
   * @returns ids, and features [ids, embed] as CLIP gives them, without those that could not be read
   * @throws RangeError for two images of one id, or a feature that is not finite; DeviceLostError
   */
  async encodeImages(images: Entries<ShownImage>, options?: IndexOptions): Promise<EncodedImages> {
    return this.encodeEntries(images, (image) => this.planesOf(image), options);
  }

  /** @param planes makes an image what the encoder takes */
  protected async encodeEntries<Image>(
    images: Entries<Image>,
    planes: (image: Image) => Promise<Float32Array | InputWriter>,
    { onUnreadable }: IndexOptions = {},
  ): Promise<EncodedImages> {
    this.#keeper.expectOpen();
    const use: UseModels = (work) => this.#keeper.use(work);
    const encoded = await encodeEntries(images, { config: this.config, planes, use, onUnreadable });
    expectFinite('images', encoded.features, this.config.embedDim, encoded.ids);
    return encoded;
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
    if (fingerprint !== undefined) await this.#galleries.expectFingerprint(fingerprint);
    const { embedDim } = this.config;
    if (features.length !== ids.length * embedDim) {
      throw new RangeError(`expected ${ids.length} features of ${embedDim} values, found ${features.length} values`);
    }
    return this.#keeper.use(({ device }) => this.#galleries.create(device, ids, features));
  }

  /** What a store of features that are made here is opened with. Computed once, which takes a second for a ViT-B/32. */
  async storeModel(): Promise<StoreModel> {
    return { dim: this.config.embedDim, fingerprint: await this.#galleries.fingerprint() };
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
    await this.#galleries.take(gallery);
    return this.#keeper.use((models) => {
      const context = this.#context(models, gallery);
      return searchGallery({ owner: this, context, expectOpen: () => this.#keeper.expectOpen() }, gallery, checked);
    });
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
    await this.#galleries.expectFingerprint(store.model.fingerprint);
    const feature = await this.#keeper.use(async (models) => {
      const context = this.#context(models, store);
      return composeQuery(context, await resolveQuery(context, checked));
    });
    const [hits] = await store.search(feature, storeSearchOf(query));
    return hits;
  }

  /**
   * The query features of many queries of any kinds, which are encoded together: several times as many a second as one
   * at a time. For `Store.search`, which takes many at once, or any index that holds features of this model.
   * @param images where the images are that the queries name by ids
   * @returns [queries, embed], each as `search` ranks by, not normalized where the query is one image, one text, or a
   *   weighted sum
   * @throws QueryError, a RangeError that names the queries at fault by their indices, so that the others can be
   *   answered; RangeError when the images are of another model; DeviceLostError
   */
  async compose(queries: readonly Query[], images?: Store | Gallery): Promise<Float32Array> {
    this.#keeper.expectOpen();
    const checked = checkQueries(queries);
    if (images instanceof Gallery) await this.#galleries.take(images);
    else if (images) await this.#galleries.expectFingerprint(images.model.fingerprint);
    return this.#keeper.use((models) => composeQueries(this.#context(models, images), checked));
  }

  /** How many tokens of the model a text has, its start and end among them; those of a text that is too long are cut. */
  countTokens(text: string): number {
    return this.#texts.count(text);
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
    await this.#galleries.take(gallery);
    return this.#keeper.use(async (models) => {
      expectOn(gallery, models);
      const { text = '', truncate } = checked;
      const without = words ? this.#texts.withoutEachWord(text, truncate) : [];
      const context = this.#context(models, gallery);
      return explainQuery(context, await resolveQuery(context, checked), without);
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
    await this.#galleries.take(gallery);
    await this.#keeper.use(async (models) => {
      const search = { found: Math.min(checked.k, gallery.ids.length), use: 'recorded' } as const;
      const context = this.#context(models, gallery, 'recorded');
      const { program, inputs } = await prepareSearch({ owner: this, context }, gallery, checked, search);
      program.encode(encoder, await inputs());
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
    await this.#galleries.release(this);
  }

  /** An image as the encoder takes it: normalized planes [3, size, size]. */
  protected planes(image: RawImage): Float32Array {
    return imagePlanes(image, preprocessOptions(this.config, this.preprocessing));
  }

  /** Decodes the bytes of an image file; the platform does it in a page. */
  protected decode(file: Blob): Promise<RawImage> {
    return decodeImage(file);
  }

  /** An image of `index`, as an encoder of several at once takes it. */
  protected planesOf(image: ShownImage): Promise<Float32Array | InputWriter> {
    return this.#planesOf(image, (work) => this.#keeper.use(work));
  }

  async #planesOf(image: ShownImage, use: UseModels): Promise<Float32Array | InputWriter> {
    if (isDecoded(image)) return this.planes(await this.#decoded(image));
    // Images on the device are read one after the other; those of a page would all be read when a batch is recorded.
    if (!isHostImage(image)) return this.planes(readPageImage(image));
    return use(async (models) => (await models.images('searched')).writer(image));
  }

  /** An image of a search, as the encoder of one takes it. */
  async #pixelsOf(image: ShownImage, models: ModelsOnDevice, use: SearchUse): Promise<Float32Array | InputWriter> {
    if (!isDecoded(image)) return (await models.images(use)).writer(image);
    const { imageResolution: size } = this.config;
    const pixels = new Float32Array(3 * size * size);
    channelsLast(this.planes(await this.#decoded(image)), size, pixels);
    return pixels;
  }

  async #decoded(image: RawImage | Blob): Promise<RawImage> {
    return image instanceof Blob ? this.decode(image) : image;
  }

  /** @param images where those are that a query names by ids */
  #context(models: ModelsOnDevice, images: Gallery | Store | undefined, use: SearchUse = 'searched'): Context {
    return {
      models,
      config: this.config,
      images: storedImages(images),
      rowsOf: (text, truncate) => this.#texts.rowsOf(text, truncate),
      planesOf: (image) => this.#planesOf(image, (work) => work(models)),
      pixelsOf: (image) => this.#pixelsOf(image, models, use),
    };
  }
}

/** Whether the pixels of an image are here, or in a file: a page or the device has the others. */
const isDecoded = (image: ShownImage): image is RawImage | Blob => image instanceof Blob || 'channels' in image;

const deviceOf = (device: Device | GPUDevice): Device => (device instanceof Device ? device : wrapDevice(device));
