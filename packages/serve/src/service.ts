import { Encoding, type OnBatch } from './encoding.ts';
import { ApiError } from './errors.ts';
import { type GalleryOptions, ServedGallery } from './gallery.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { Metrics } from './metrics.ts';
import { type Models, ServedModels } from './models.ts';
import { Pictures } from './pictures.ts';
import { RemoteImages, type RemoteOptions } from './remote/fetch-image.ts';

/** What a service serves. */
export interface ServiceOptions {
  /** Loads the models; called again where a lost device could not be opened again. */
  open(): Promise<Models>;
  /** The name of the models, as clients know it. */
  readonly model: string;
  /** Stores by the names of their galleries. They are closed with the service. */
  readonly galleries?: ReadonlyMap<string, GalleryOptions>;
  readonly limits?: Partial<Limits>;
  /** Where images may be fetched from; nowhere unless given. */
  readonly remote?: Omit<RemoteOptions, 'bytes'>;
  /** Called with what should be known of, besides requests: a lost device. */
  onTrouble?(message: string, error: unknown): void;
}

/** Names of galleries are parts of addresses. */
const galleryName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** What the routes work with. */
export class Service {
  readonly model: string;
  readonly started = Math.floor(Date.now() / 1000);
  readonly limits: Limits;
  readonly models: ServedModels;
  readonly galleries: ReadonlyMap<string, ServedGallery>;
  readonly encoding: Encoding;
  readonly pictures: Pictures;
  readonly metrics = new Metrics();
  /** Whether it takes no more requests. */
  isStopping = false;

  private constructor(options: ServiceOptions, models: ServedModels, limits: Limits) {
    const onBatch: OnBatch = (work, size, seconds) => this.metrics.batch(work, size, seconds);
    this.model = options.model;
    this.limits = limits;
    this.models = models;
    this.galleries = new Map(
      [...(options.galleries ?? [])].map(([name, given]) => [name, new ServedGallery(name, given, limits, onBatch)]),
    );
    this.encoding = new Encoding(models, limits, onBatch);
    const remote = new RemoteImages({ hosts: [], ...options.remote, bytes: limits.bodyBytes });
    this.pictures = new Pictures(models, remote, limits);
    this.metrics.watchQueue(() => this.encoding.waiting);
  }

  /**
   * Loads the models, and sees that the stores are of these.
   * @throws RangeError for a name that is none, or a store of another model
   */
  static async open(options: ServiceOptions): Promise<Service> {
    const { galleries = new Map<string, GalleryOptions>(), onTrouble } = options;
    for (const name of galleries.keys()) {
      if (!galleryName.test(name))
        throw new RangeError(`expected a name of letters, digits, - and _, found ${JSON.stringify(name)}`);
    }
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    const models = await ServedModels.open(options.open, (error) => {
      service?.metrics.loss();
      onTrouble?.('the device was lost: the models are being loaded anew', error);
    });
    let service: Service | undefined;
    try {
      // A search of nothing in particular: it is refused where the features are not of these models.
      const feature = new Float32Array(models.config.embedDim).fill(1);
      for (const { store } of galleries.values())
        await models.use((models) => models.searchStore(store, { image: { feature }, k: 1 }));
      service = new Service(options, models, limits);
      return service;
    } catch (error) {
      await models.close();
      throw error;
    }
  }

  /** @throws ApiError (404) for a gallery that is not there */
  gallery(name: string): ServedGallery {
    const gallery = this.galleries.get(name);
    if (!gallery) throw new ApiError(404, 'gallery_not_found', `there is no gallery ${JSON.stringify(name)}`);
    return gallery;
  }

  /** Closes everything, when what is under way is done. */
  async close(): Promise<void> {
    this.isStopping = true;
    await this.encoding.idle();
    for (const gallery of this.galleries.values()) await gallery.close();
    await this.pictures.close();
    await this.models.close();
  }
}
