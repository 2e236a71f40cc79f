import type { ClipConfig } from '@webcir/clip';
import type { InputWriter } from '@webcir/kernels';
import { fittingBatch } from './batch-size.ts';
import { type EncodedImages, encodeInBatches } from './encode.ts';
import { madeAhead } from './made-ahead.ts';
import type { UseModels } from './models-keeper.ts';
import { indexBatch } from './models-on-device.ts';

/** Images by id, as they come: a Map, a list of pairs, a generator that decodes one after the other. */
export type Entries<Image> = Iterable<readonly [string, Image]> | AsyncIterable<readonly [string, Image]>;

/** Options of `Retriever.index` and `Retriever.encodeImages`. */
export interface IndexOptions {
  /**
   * Called with the id of an image that cannot be read, and with the error that names it: the image is left out. Unless
   * given, the first such error is thrown.
   */
  onUnreadable?(id: string, error: Error): void;
}

/** How images are encoded. */
interface ImageWork<Image> extends IndexOptions {
  readonly config: ClipConfig;
  /** Makes an image what the encoder takes: normalized planes [3, size, size], or what writes them. */
  planes(image: Image): Promise<Float32Array | InputWriter>;
  /** Gives the models, for each batch once. */
  readonly use: UseModels;
}

/**
 * Encodes images as they come, in few sizes of batches. Each is let go of as soon as it has the encoder's size.
 * @throws RangeError for two images of one id
 */
export async function encodeEntries<Image>(
  images: Entries<Image>,
  { config, planes, use, onUnreadable }: ImageWork<Image>,
): Promise<EncodedImages> {
  const made = madeAhead(
    withOwnIds(images),
    indexBatch,
    async ([id, image]) => [id, await planes(image)] as const,
    onUnreadable && (([id], error) => onUnreadable(id, error)),
  );
  return encodeInBatches(made, config, {
    batch: await use((models) => models.imageBatch()),
    sizeOf: fittingBatch,
    run: (pixels, size) => use(async (models) => (await models.imageEncoder(size)).run(pixels)),
  });
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
