import type { InputWriter } from '@webcir/kernels';
import { encodeEntries } from './encode-images.ts';
import { awayFrom, meanOf } from './mix.ts';
import type { UseModels } from './models-keeper.ts';
import type { ModelsOnDevice } from './models-on-device.ts';
import type { ShownImage } from './query.ts';
import { isOfDevice } from './query-error.ts';
import type { BufferFeature, Encodable, ResolvedQuery } from './resolve-query.ts';

/** What encodes the parts of queries. */
export interface EncodeContext {
  readonly models: ModelsOnDevice;
  /** An image as an encoder of several at once takes it: normalized planes [3, size, size], or what writes them. */
  planesOf(image: ShownImage): Promise<Float32Array | InputWriter>;
}

type Rows = readonly number[];

/** Features of the parts of queries, [embed] each, not normalized. */
export class EncodedParts {
  readonly #images: ReadonlyMap<ShownImage, Float32Array | Error>;
  readonly #texts: ReadonlyMap<Rows, Float32Array>;

  constructor(images: ReadonlyMap<ShownImage, Float32Array | Error>, texts: ReadonlyMap<Rows, Float32Array>) {
    this.#images = images;
    this.#texts = texts;
  }

  /** The weighted mean of references; undefined without any. @throws Error of an image that could not be read */
  meanOf(references: ResolvedQuery['references']): Float32Array | undefined {
    return meanOf(references.map(({ image, weight }) => ({ feature: this.#imageOf(image), weight })));
  }

  /** What a query is to move away from, with its weight in it; undefined for nothing. Throws as `meanOf` does. */
  awayFrom({ images, rows, weight }: ResolvedQuery['avoid']): Float32Array | undefined {
    return awayFrom([...images.map((image) => this.#imageOf(image)), ...rows.map((text) => this.textOf(text))], weight);
  }

  textOf(rows: Rows): Float32Array {
    return this.#texts.get(rows)!;
  }

  #imageOf(image: Encodable | BufferFeature): Float32Array {
    if (image instanceof Float32Array) return image;
    if ('feature' in image) throw new RangeError('a feature in a buffer cannot be read here: read it first');
    const feature = this.#images.get(image)!;
    if (feature instanceof Error) throw feature;
    return feature;
  }
}

/** What of a query is to be encoded. */
type Parts = Pick<ResolvedQuery, 'references' | 'avoid'> & Partial<Pick<ResolvedQuery, 'rows'>>;

/**
 * Encodes what queries are made of: images that are not features yet, and texts, each in few batches. What occurs twice
 * is encoded once.
 * @throws GpuError, DeviceLostError
 */
export async function encodeParts(context: EncodeContext, queries: readonly Parts[]): Promise<EncodedParts> {
  const images = queries.flatMap(({ references, avoid }) => [...references.map(({ image }) => image), ...avoid.images]);
  const shown = [...new Set(images)].filter(
    (image): image is ShownImage => !(image instanceof Float32Array || 'feature' in image),
  );
  const texts = queries.flatMap(({ rows, avoid }) => [...(rows ? [rows] : []), ...avoid.rows]);
  return new EncodedParts(await encodeShown(context, shown), await encodeTexts(context, texts));
}

/** @returns for each image its feature, or why it cannot be read */
async function encodeShown(
  { models, planesOf }: EncodeContext,
  shown: readonly ShownImage[],
): Promise<Map<ShownImage, Float32Array | Error>> {
  const encoded = new Map<ShownImage, Float32Array | Error>();
  if (shown.length === 0) return encoded;
  const { config } = models;
  const onUnreadable = (id: string, error: Error) => {
    if (isOfDevice(error)) throw error;
    encoded.set(shown[Number(id)], error);
  };
  const use: UseModels = (work) => work(models);
  const entries = shown.map((image, i) => [`${i}`, image] as const);
  const { ids, features } = await encodeEntries(entries, { config, planes: planesOf, use, onUnreadable });
  for (const [at, id] of ids.entries()) encoded.set(shown[Number(id)], rowOf(features, at, config.embedDim));
  return encoded;
}

async function encodeTexts({ models }: EncodeContext, texts: readonly Rows[]): Promise<Map<Rows, Float32Array>> {
  if (texts.length === 0) return new Map();
  const features = await models.encodeTexts(texts);
  return new Map(texts.map((rows, at) => [rows, rowOf(features, at, models.config.embedDim)]));
}

const rowOf = (features: Float32Array, row: number, dim: number) => features.subarray(row * dim, (row + 1) * dim);
