import type { PageImage, RawImage } from '@webcir/clip';
import { MAX_NEIGHBOURS } from './gallery-index.ts';
import type { HostImage } from './image-input.ts';
import type { StoreSearch } from './stores/store.ts';

/** The feature of an image that something else has encoded, for instance ONNX Runtime on the same device. */
export interface ImageFeature {
  /**
   * [embed], not normalized, as the model's own image encoder gives it. A buffer is on the device that searches, may be
   * copied (COPY_SRC), and is the only reference.
   */
  readonly feature: Float32Array | GPUBuffer;
  /** Where it begins in a buffer, in bytes; 0 unless given. */
  readonly offset?: number;
}

/** An image to be encoded: pixels, the bytes of a file, what a page shows, or what is on the device already. */
export type ShownImage = RawImage | Blob | PageImage | HostImage;

/** An image in any form: one to be encoded, its feature, or the id of one in the gallery, whose feature is there. */
export type ImageSource = ShownImage | ImageFeature | string;

/** A reference image that counts more or less than others do. */
export interface WeightedReference {
  readonly image: ImageSource;
  /** A number above 0; a plain reference has 1. */
  readonly weight: number;
}

/** What a query starts from. */
export type Reference = ImageSource | WeightedReference;

/** What the images that are found should not be like. */
export interface Avoid {
  /** Words, e.g. 'long sleeves'. */
  readonly text?: string | readonly string[];
  readonly image?: ImageSource | readonly ImageSource[];
  /**
   * How far the query feature moves away from the mean of the normalized features of all that is to be avoided
   * (Rocchio's negative feedback); 0.5 unless given.
   */
  readonly weight?: number;
}

/** What is searched for: "this image, but …". */
export interface Query {
  /**
   * The reference, or several: the weighted mean of their features. Without any, the text alone says what is wanted.
   */
  readonly image?: Reference | readonly Reference[];
  /**
   * How the wanted image differs, e.g. 'is shorter and has a floral print'. Without it, what is found are the images
   * most like the references, which are themselves left out.
   */
  readonly text?: string;
  /**
   * How much image and text count, 1 each unless given; 0 leaves one out. Only their ratio matters. A plain sum is
   * weighted; a Combiner's query feature is mixed with that of the heavier side, until with 0 only this is left.
   */
  readonly weights?: { readonly image?: number; readonly text?: number };
  /** "Less like this." */
  readonly avoid?: Avoid;
  /** Ids of images that are not to be found. Ids that the gallery does not have do no harm. */
  readonly exclude?: Iterable<string>;
  /** The least cosine similarity that counts as fitting: where no image reaches it, nothing is found. */
  readonly minScore?: number;
  /** Cuts a text that is too long for the model, instead of refusing it. */
  readonly truncate?: boolean;
  /** How many images to find, at most 128; 10 unless given. */
  readonly k?: number;
}

/** A query, and what else a store can be asked for. */
export type StoreQuery = Query & Pick<StoreSearch, 'offset' | 'filter' | 'candidates' | 'distinct'>;

/** A query that has been looked over, with all that was left unsaid. */
export interface CheckedQuery {
  readonly references: readonly WeightedReference[];
  readonly text: string | undefined;
  readonly weights: { readonly image: number; readonly text: number };
  readonly avoid: {
    readonly texts: readonly string[];
    readonly images: readonly ImageSource[];
    readonly weight: number;
  };
  readonly exclude: ReadonlySet<string>;
  readonly minScore: number;
  readonly truncate: boolean;
  readonly k: number;
}

/** @throws RangeError naming the part of the query that is out of range */
export function checkQuery(query: Query): CheckedQuery {
  const { text, weights = {}, avoid = {}, minScore = -Infinity, truncate = false, k = 10 } = query;
  if (!Number.isInteger(k) || k < 1 || k > MAX_NEIGHBOURS)
    throw new RangeError(`k: expected a whole number from 1 to ${MAX_NEIGHBOURS}, found ${k}`);
  if (Number.isNaN(minScore)) throw new RangeError('minScore: expected a cosine similarity, found NaN');
  const references = listOf<Reference>(query.image).map((reference) =>
    isWeighted(reference) ? reference : { image: reference, weight: 1 },
  );
  for (const { weight } of references) expectWeight('weight of a reference', weight, { above: true });
  if (references.length === 0 && text === undefined)
    throw new RangeError('expected a query with a reference image, a text or both, found neither');
  const shares = { image: weights.image ?? 1, text: weights.text ?? 1 };
  expectWeight('weights.image', shares.image);
  expectWeight('weights.text', shares.text);
  if ((references.length === 0 || shares.image === 0) && (text === undefined || shares.text === 0))
    throw new RangeError('weights: expected one above 0 for what the query has, image or text');
  const { weight = 0.5 } = avoid;
  expectWeight('avoid.weight', weight);
  const exclude = new Set(query.exclude);
  const usesText = text !== undefined && shares.text > 0;
  if (!usesText) for (const { image } of references) if (typeof image === 'string') exclude.add(image);
  return {
    references: shares.image > 0 ? references : [],
    text: usesText ? text : undefined,
    weights: shares,
    avoid: { texts: listOf(avoid.text), images: listOf<ImageSource>(avoid.image), weight },
    exclude,
    minScore,
    truncate,
    k,
  };
}

/**
 * What a store is asked for besides the feature of a query (`Retriever.compose`): with its references left out, where it
 * has no text.
 * @throws RangeError naming the part of the query that is out of range
 */
export function storeSearchOf(query: StoreQuery): StoreSearch {
  const { k, minScore, exclude } = checkQuery(query);
  const { offset, filter, candidates, distinct } = query;
  return { k, minScore, exclude, offset, filter, candidates, distinct };
}

/** Whether an image comes as its feature: its own, or that of a gallery's image. */
export const isFeature = (image: ImageSource): image is ImageFeature | string =>
  typeof image === 'string' || 'feature' in image;

const listOf = <T>(given: T | readonly T[] | undefined): readonly T[] =>
  given === undefined ? [] : Array.isArray(given) ? given : [given as T];

const isWeighted = (reference: Reference): reference is WeightedReference =>
  typeof reference === 'object' && 'weight' in reference;

function expectWeight(name: string, weight: number, { above = false } = {}): void {
  if (Number.isFinite(weight) && (above ? weight > 0 : weight >= 0)) return;
  throw new RangeError(`${name}: expected a finite number ${above ? 'above 0' : 'from 0 on'}, found ${weight}`);
}
