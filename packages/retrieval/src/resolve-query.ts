import type { ClipConfig } from '@webcir/clip';
import { type CheckedQuery, type ImageFeature, type ImageSource, isFeature, type ShownImage } from './query.ts';
import type { StoredImages } from './stored-images.ts';

/** A feature in a buffer of the device. */
export interface BufferFeature extends ImageFeature {
  readonly feature: GPUBuffer;
}

/** An image to be encoded, or its feature, [embed], not normalized. */
export type Encodable = ShownImage | Float32Array;

/** A query whose words are rows of the token table, and whose stored images are their features. */
export interface ResolvedQuery {
  /** A feature in a buffer is the only one. */
  readonly references: readonly { readonly image: Encodable | BufferFeature; readonly weight: number }[];
  readonly rows: readonly number[] | undefined;
  readonly weights: CheckedQuery['weights'];
  /** Empty where the weight is 0. */
  readonly avoid: {
    readonly rows: readonly (readonly number[])[];
    readonly images: readonly Encodable[];
    readonly weight: number;
  };
}

/** What a query is looked up in, and how it is read. */
export interface Lookup {
  readonly config: ClipConfig;
  readonly images: StoredImages;
  /** The token ids of a text, as rows of the token table. @throws RangeError */
  rowsOf(text: string, truncate: boolean): readonly number[];
}

/** Looks one query up. @throws RangeError for a text that says nothing, an id that is not there, a wrong feature */
export const resolveQuery = async (lookup: Lookup, query: CheckedQuery): Promise<ResolvedQuery> =>
  (await lookUp(lookup, [query]))(query);

/**
 * Looks up the stored images that queries name, all of them in one call.
 * @returns what resolves each of the queries, and throws RangeError for a text that says nothing, an id that is not
 *   there, a wrong feature
 */
export async function lookUp(
  { config, images, rowsOf }: Lookup,
  queries: readonly CheckedQuery[],
): Promise<(query: CheckedQuery) => ResolvedQuery> {
  const ids = [...new Set(queries.flatMap(imagesOf).filter((image) => typeof image === 'string'))];
  const found = await images.featuresOf(ids);
  const stored = new Map(ids.map((id, i) => [id, found[i]]));
  const encodable = (image: ImageSource): Encodable => {
    if (!isFeature(image)) return image;
    if (typeof image !== 'string') return expectFeature(image, config.embedDim);
    const feature = stored.get(image)!;
    if (feature instanceof Error) throw feature;
    return feature;
  };
  return (query) => {
    const { references, text, weights, truncate } = query;
    const avoid = avoided(query);
    const isOnly = references.length === 1;
    return {
      references: references.map(({ image, weight }) => ({
        image: isOnly && isBuffer(image) ? image : encodable(image),
        weight,
      })),
      rows: text === undefined ? undefined : rowsOf(text, truncate),
      weights,
      avoid: {
        rows: avoid.texts.map((words) => rowsOf(words, truncate)),
        images: avoid.images.map(encodable),
        weight: avoid.weight,
      },
    };
  };
}

const nothing: CheckedQuery['avoid'] = { texts: [], images: [], weight: 0 };
const avoided = ({ avoid }: CheckedQuery) => (avoid.weight === 0 ? nothing : avoid);

const imagesOf = (query: CheckedQuery): ImageSource[] => [
  ...query.references.map(({ image }) => image),
  ...avoided(query).images,
];

/** Whether an image is its feature in a buffer. */
export const isBuffer = (image: ImageSource | Encodable): image is BufferFeature =>
  typeof image === 'object' && 'feature' in image && !(image.feature instanceof Float32Array);

/** @throws RangeError for a feature of another width, or one in a buffer */
function expectFeature({ feature }: ImageFeature, embedDim: number): Float32Array {
  if (!(feature instanceof Float32Array))
    throw new RangeError('a feature in a buffer is the only reference of a query: read it, or leave the others out');
  if (feature.length === embedDim && feature.every(Number.isFinite)) return feature;
  throw new RangeError(`feature: expected ${embedDim} finite values, found ${feature.length} values`);
}
