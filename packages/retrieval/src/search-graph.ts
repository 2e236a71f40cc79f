import { type ClipConfig, encodeImage, encodeText, type Weights } from '@webcir/clip';
import { combine, elementwiseSum } from '@webcir/combiner';
import {
  concat,
  type Graph,
  input,
  l2Normalize,
  matmul,
  subtract,
  type Tensor,
  type TensorStore,
} from '@webcir/kernels';
import type { GalleryIndex } from './gallery-index.ts';

/** All that makes the program of one search another than that of the next. */
export interface SearchKind {
  /** How the reference comes: as pixels [1, size, size, 3], as a feature [1, embed], or not at all. */
  readonly image: 'pixels' | 'feature' | undefined;
  /** Token positions of the text, where there is one. */
  readonly textLength: number | undefined;
  /** Whether image and text count differently: input 'shares' (`sharesOf`). */
  readonly isWeighted: boolean;
  /** Whether something is to be avoided: input 'avoid' [1, embed], which is taken from the query feature. */
  readonly avoids: boolean;
  /** How many images are found. */
  readonly found: number;
}

/** The models of a search, on a device. */
export interface SearchModels {
  readonly config: ClipConfig;
  /** Of the text encoder; missing where no text is searched with. */
  readonly texts: Weights | undefined;
  /** Of the image encoder; missing where no image is encoded. */
  readonly images: Weights | undefined;
  readonly combiner: Pick<TensorStore, 'tensor'> | undefined;
}

/**
 * A search from pixels, or a feature, and token ids to the nearest images, in one graph.
 * @returns scores [1, found], indices [1, found], and the query feature [1, embed]
 */
export function searchGraph(
  models: SearchModels,
  gallery: Pick<GalleryIndex, 'nearest'>,
  kind: SearchKind,
): Graph<'scores' | 'indices' | 'query'> {
  const query = composedQuery(models, kind);
  const [scores, indices] = gallery.nearest(query, kind.found);
  return { outputs: { scores, indices, query } };
}

/** The query feature alone, [1, embed]: what a store is asked with. */
export function composedQuery(models: SearchModels, kind: Omit<SearchKind, 'found'>): Tensor {
  const mixed = mix(models, kind);
  return kind.avoids ? subtract(l2Normalize(mixed), input('avoid', mixed.shape)) : mixed;
}

function mix({ config, texts, images, combiner }: SearchModels, kind: Omit<SearchKind, 'found'>): Tensor {
  const { imageResolution: size, embedDim } = config;
  const image =
    kind.image === 'pixels'
      ? encodeImage(input('pixels', [1, size, size, 3]), images!, config)
      : kind.image && input('feature', [1, embedDim]);
  const text =
    kind.textLength === undefined
      ? undefined
      : encodeText(input('tokens', [1, kind.textLength], 'u32'), input('eotPositions', [1], 'u32'), texts!, config);
  if (!image || !text) return (image ?? text)!;
  if (!combiner) {
    if (!kind.isWeighted) return elementwiseSum(image, text);
    return matmul(input('shares', [1, 2]), concat([image, text], 0));
  }
  const query = combine(image, text, (name) => combiner.tensor(name));
  if (!kind.isWeighted) return query;
  return matmul(input('shares', [1, 3]), concat([l2Normalize(image), l2Normalize(text), query], 0));
}

/**
 * The shares of image, text and, where there is a Combiner, its query feature in a weighted query. With equal weights
 * the Combiner's feature is all; the heavier side takes over in proportion until it is alone.
 */
export function sharesOf({ image, text }: { image: number; text: number }, hasCombiner: boolean): Float32Array {
  if (!hasCombiner) return Float32Array.of(image, text);
  const tilt = (text - image) / (text + image); // -1: image alone, 1: text alone
  return Float32Array.of(Math.max(-tilt, 0), Math.max(tilt, 0), 1 - Math.abs(tilt));
}
