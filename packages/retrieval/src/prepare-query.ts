import { lengthFor, packTokens } from '@webcir/clip';
import { BufferUsage, type HostArray, type Inputs, type InputWriter } from '@webcir/kernels';
import type { ModelsOnDevice } from './models-on-device.ts';
import {
  type CheckedQuery,
  type ImageFeature,
  type ImageSource,
  isFeature,
  type ShownImage,
  type WeightedReference,
} from './query.ts';
import { type SearchKind, sharesOf } from './search-graph.ts';

/** Images whose features are there. */
export interface StoredImages {
  /** [embed], not normalized. @throws RangeError where there is no such image */
  featureOf(id: string): Float32Array | Promise<Float32Array>;
}

/** What a query is looked up in, and how it is read. */
export interface QueryContext {
  readonly models: ModelsOnDevice;
  /** A gallery, or a store: where images are that a query names by their ids. */
  readonly images: StoredImages;
  /** The token ids of a text, as rows of the token table. */
  rowsOf(text: string, truncate: boolean): readonly number[];
  /** An image as the encoder takes it, normalized, [1, size, size, 3]; or what writes it, to be recorded at once. */
  pixelsOf(image: ShownImage): Promise<Float32Array | InputWriter>;
}

/** A query that is ready for the program of its kind. */
export interface PreparedQuery {
  readonly kind: SearchKind;
  /** The program's inputs, for one run: to be asked for when the program is there. */
  inputs(): Promise<Inputs>;
}

/**
 * All that the program of a query needs. A single image that is not in the gallery comes as pixels, so that it is
 * encoded in the search itself.
 * @param found how many images are to be found
 */
export async function prepareQuery(
  context: QueryContext,
  { references, text, weights, avoid, truncate }: CheckedQuery,
  found: number,
): Promise<PreparedQuery> {
  const { config, combiner } = context.models;
  const inputs: Record<string, HostArray | InputWriter> = {};
  const [first] = references;
  let shown: ShownImage | undefined;
  if (references.length === 1) {
    if (!isFeature(first.image)) shown = first.image;
    else inputs.feature = onDevice(first.image, config.embedDim) ?? (await featureOf(context, first.image));
  } else if (references.length > 0) inputs.feature = await meanFeature(context, references);
  let textLength: number | undefined;
  if (text !== undefined) {
    const rows = context.rowsOf(text, truncate);
    await context.models.loadTokens(rows);
    const { tokens, eotPositions, length } = packTokens([rows], lengthFor([rows], config.contextLength));
    Object.assign(inputs, { tokens, eotPositions });
    textLength = length;
  }
  const isWeighted = first !== undefined && text !== undefined && weights.image !== weights.text;
  if (isWeighted) inputs.shares = sharesOf(weights, combiner !== undefined);
  const away = await awayFeature(context, avoid, truncate);
  if (away) inputs.avoid = away;
  const image = shown ? 'pixels' : first && 'feature';
  return {
    kind: { image, textLength, isWeighted, avoids: away !== undefined, found },
    inputs: async () => (shown ? { ...inputs, pixels: await context.pixelsOf(shown) } : inputs),
  };
}

/** The feature of one reference, or the weighted mean of several, [embed], not normalized; undefined without any. */
export async function referenceFeature(
  context: QueryContext,
  references: readonly WeightedReference[],
): Promise<Float32Array | undefined> {
  if (references.length === 0) return undefined;
  return references.length === 1 ? featureOf(context, references[0].image) : meanFeature(context, references);
}

/** The weighted mean of references' features, [embed], not normalized. */
async function meanFeature(context: QueryContext, references: readonly WeightedReference[]): Promise<Float32Array> {
  const total = references.reduce((sum, { weight }) => sum + weight, 0);
  const mean = new Float32Array(context.models.config.embedDim);
  for (const { image, weight } of references) addScaled(mean, await featureOf(context, image), weight / total);
  return mean;
}

/** What the query feature is to move away from, [embed], with its weight in it; undefined where there is nothing. */
export async function awayFeature(
  context: QueryContext,
  { texts, images, weight }: CheckedQuery['avoid'],
  truncate: boolean,
): Promise<Float32Array | undefined> {
  const count = texts.length + images.length;
  if (weight === 0 || count === 0) return undefined;
  const { embedDim } = context.models.config;
  const features: Float32Array[] = [];
  for (const image of images) features.push(await featureOf(context, image));
  if (texts.length > 0) {
    const encoded = await context.models.encodeTexts(texts.map((text) => context.rowsOf(text, truncate)));
    for (const row of texts.keys()) features.push(encoded.subarray(row * embedDim, (row + 1) * embedDim));
  }
  const away = new Float32Array(embedDim);
  for (const feature of features) addScaled(away, feature, weight / count / Math.max(Math.hypot(...feature), 1e-12));
  return away;
}

/** The feature of an image, [embed], not normalized. */
async function featureOf(context: QueryContext, image: ImageSource): Promise<Float32Array> {
  const { models, pixelsOf } = context;
  if (typeof image === 'string') return context.images.featureOf(image);
  if (isFeature(image)) return expectFeature(image, models.config.embedDim);
  const encoder = await models.imageEncoder(1);
  return encoder.run(await pixelsOf(image));
}

/** @throws RangeError for a feature of another width, or one in a buffer */
function expectFeature({ feature }: ImageFeature, embedDim: number): Float32Array {
  if (!(feature instanceof Float32Array))
    throw new RangeError('a feature in a buffer is the only reference of a query: read it, or leave the others out');
  if (feature.length === embedDim && feature.every(Number.isFinite)) return feature;
  throw new RangeError(`feature: expected ${embedDim} finite values, found ${feature.length} values`);
}

/** What copies a feature in a buffer to where the search reads it; undefined for one that is not in a buffer. */
function onDevice(image: ImageFeature | string, embedDim: number): InputWriter | undefined {
  if (typeof image === 'string' || image.feature instanceof Float32Array) return undefined;
  const { feature, offset = 0 } = image;
  const bytes = 4 * embedDim;
  if (offset % 4 !== 0 || offset < 0 || offset + bytes > feature.size)
    throw new RangeError(
      `feature: expected ${bytes} bytes from a multiple of 4 on, found ${feature.size} from ${offset}`,
    );
  if (!(feature.usage & BufferUsage.COPY_SRC))
    throw new RangeError(`feature: expected a buffer with the usage COPY_SRC, found usage ${feature.usage}`);
  return (encoder, to) => encoder.copyBufferToBuffer(feature, offset, to.buffer, to.offset, bytes);
}

function addScaled(sum: Float32Array, feature: Float32Array, scale: number): void {
  for (const [i, value] of feature.entries()) sum[i] += scale * value;
}
