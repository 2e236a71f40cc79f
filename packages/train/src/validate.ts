import { type CirDataset, evalCaption, type Triplet } from '@webcir/data';
import { MAX_RANKED, type Ranking, rankGallery, splitRows } from '@webcir/eval';
import type { Device } from '@webcir/kernels';
import { type FeatureTable, featureRows } from './features.ts';

/** The queries and the gallery of one category. */
export interface CategoryQueries {
  readonly category: string;
  readonly gallery: readonly string[];
  readonly triplets: readonly Triplet[];
  /** Gallery index of each query's target. */
  readonly targets: readonly number[];
  readonly captions: readonly string[];
  /** Token rows of each caption. */
  readonly texts: readonly (readonly number[])[];
}

/**
 * A split as it is evaluated: both captions joined, every category against its own gallery.
 * @throws RangeError naming a triplet whose target is secret or not in the gallery
 */
export function queriesOf(
  dataset: CirDataset,
  split: string,
  tokenRows: (text: string) => readonly number[],
): CategoryQueries[] {
  return dataset.categories.map((category) => {
    const gallery = dataset.gallery(split, category);
    const triplets = dataset.triplets(split, category);
    const indexOf = new Map(gallery.map((id, index) => [id, index]));
    const targets = triplets.map(({ id, target }) => {
      const index = target === undefined ? undefined : indexOf.get(target);
      if (index === undefined)
        throw new RangeError(
          `${dataset.name}, ${split}, ${category}: the target of triplet ${id} is not in the gallery`,
        );
      return index;
    });
    const captions = triplets.map((triplet) => evalCaption(triplet.captions));
    return { category, gallery, triplets, targets, captions, texts: captions.map(tokenRows) };
  });
}

export interface CategoryRanking {
  readonly category: string;
  /** Gallery indices of the first pictures, best first, per query. */
  readonly rankings: readonly Ranking[];
  readonly targets: readonly number[];
}

/** Raw features of all queries of one category, [queries, dim] each. */
export interface QueryFeatures {
  readonly image: Float32Array;
  readonly text: Float32Array;
}

/**
 * Ranks every category's gallery for every query of it.
 * @param textOf text features of a category's captions
 * @param fuse query features from image and text features
 */
export async function rankQueries(
  device: Device,
  categories: readonly CategoryQueries[],
  features: FeatureTable,
  textOf: (category: CategoryQueries) => Promise<Float32Array>,
  fuse: (features: QueryFeatures) => Promise<Float32Array> | Float32Array,
): Promise<CategoryRanking[]> {
  const results: CategoryRanking[] = [];
  for (const queries of categories) {
    const image = featureRows(
      features,
      queries.triplets.map(({ reference }) => reference),
    );
    const fused = await fuse({ image, text: await textOf(queries) });
    const k = Math.min(MAX_RANKED, queries.gallery.length);
    const ranked = await rankGallery(device, fused, featureRows(features, queries.gallery), features.dim, k);
    results.push({ category: queries.category, rankings: splitRows(ranked, k), targets: queries.targets });
  }
  return results;
}
