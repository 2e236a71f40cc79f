import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type ClipModel, preprocessOptions, type RawImage, type Tokenizer } from '@webcir/clip';
import { createImagePool, decodeImage, loadTokenizer, openClipModel, openTokenizer } from '@webcir/clip/node';
import type { CombinerModel } from '@webcir/combiner';
import { type Device, openDevice } from '@webcir/kernels';
import {
  type EncodedImages,
  type Entries,
  type Gallery,
  type IndexOptions,
  Retriever as PageRetriever,
  type RetrieverOptions,
  type ShownImage,
  type Source,
} from '@webcir/retrieval';
import { autotuneDevice, defaultCacheFolder, openCombinerModel, type Run, readRun } from '@webcir/retrieval/node';

/**
 * The options of a page, where strings that are not addresses are paths, and so are addresses of files: to weights in
 * any container (`.pt`, safetensors, shards), and to the tokenizer's vocabulary.
 */
export interface NodeRetrieverOptions extends Partial<RetrieverOptions> {
  /** The folder of a run of `webcir train`: its CLIP, its Combiner where it has one, and its preprocessing. */
  readonly run?: string;
  /**
   * Whether kernels are chosen by timing them, which takes up to 1.3 seconds once for an adapter; true unless given, on
   * a device of its own.
   */
  readonly autotune?: boolean;
}

/** Composed image retrieval over your own images, in Node. */
export class Retriever extends PageRetriever {
  /**
   * Opens the models and copies them to the device: those of a run, or as named; the small CLIP of @webcir/embedded,
   * not tuned, where nothing is named.
   * @throws Error naming the file that is missing or damaged
   */
  static override async load(options: NodeRetrieverOptions = {}): Promise<Retriever> {
    const { run, autotune = true, device } = options;
    const ofRun: Partial<Run> = run === undefined ? {} : await readRun(run);
    const source = options.clip ?? ofRun.clip ?? (await smallClip());
    const path = pathOf(source);
    const clip = path === undefined ? source : await openClipModel(path);
    const models = {
      clip,
      combiner: await openCombiner(options.combiner ?? ofRun.combiner),
      tokenizer: options.tokenizer === undefined ? await tokenizerOf(clip, path) : await readSource(options.tokenizer),
    };
    const preprocessing = options.preprocessing ?? ofRun.preprocessing;
    return new Retriever(await Retriever.open({ ...models, preprocessing, device }, () => openTuned(autotune)));
  }

  /**
   * Encodes the images to be searched, and keeps their features on the device. Images are pixels, files in memory, or
   * paths of files, which are decoded in threads, a few at a time: `listImages` gives those of a folder.
   * @throws RangeError when there are none, or two of one id; naming the file, when it cannot be decoded
   */
  override async index(images: Entries<ShownImage | string>, options?: IndexOptions): Promise<Gallery> {
    const { ids, features } = await this.encodeImages(images, options);
    return this.restore(ids, features);
  }

  /**
   * Encodes images, as `index` takes them, for a store to keep their features.
   * @returns ids, and features [ids, embed] as CLIP gives them, without those that could not be read
   * @throws RangeError for two images of one id; naming the file, when it cannot be decoded
   */
  override async encodeImages(images: Entries<ShownImage | string>, options?: IndexOptions): Promise<EncodedImages> {
    const pool = createImagePool(preprocessOptions(this.config, this.preprocessing));
    try {
      const planes = async (image: ShownImage | string) =>
        typeof image === 'string' ? pool.planes(image) : this.planesOf(image);
      return await this.encodeEntries(images, planes, options);
    } finally {
      await pool.close();
    }
  }

  protected override async decode(file: Blob): Promise<RawImage> {
    return decodeImage(new Uint8Array(await file.arrayBuffer()), file instanceof File ? file.name : 'image');
  }
}

async function openTuned(autotune: boolean): Promise<Device> {
  const device = await openDevice();
  try {
    if (autotune) await autotuneDevice(device, defaultCacheFolder());
    return device;
  } catch (error) {
    device.close();
    throw error;
  }
}

async function openCombiner(combiner?: Source | CombinerModel): Promise<Source | CombinerModel | undefined> {
  const path = pathOf(combiner);
  return path === undefined ? combiner : openCombinerModel(path);
}

/** The tokenizer that belongs to a CLIP; its own where it was read from a file, CLIP's otherwise. */
const tokenizerOf = (clip: Source | ClipModel, path?: string): Promise<Tokenizer> =>
  path === undefined ? loadTokenizer() : openTokenizer(path, clip as ClipModel);

async function readSource(tokenizer: Source | Tokenizer): Promise<Source | Tokenizer> {
  const path = pathOf(tokenizer);
  return path === undefined ? tokenizer : new Blob([await readFile(path)]);
}

/** The path that a source names; undefined for sources that a page takes, too. */
function pathOf(source: unknown): string | undefined {
  if (source instanceof URL) return source.protocol === 'file:' ? fileURLToPath(source) : undefined;
  if (typeof source !== 'string') return undefined;
  if (source.startsWith('file:')) return fileURLToPath(source);
  return /^[a-z]{2,}:/i.test(source) ? undefined : source; // one letter is a drive
}

/** Asked for only where nothing is named: a search loads no data set. */
async function smallClip(): Promise<URL> {
  const { embeddedClip } = await import('@webcir/data/node');
  return embeddedClip();
}
