/** The features of a category as CLIP gives them. */
export interface CategoryFeatures {
  readonly dim: number;
  /** Of each query's reference, [queries, dim]. */
  readonly image: Float32Array;
  /** Of each query's caption, [queries, dim]. */
  readonly text: Float32Array;
  /** [images, dim] */
  readonly gallery: Float32Array;
}

/** What a category's gallery is ranked by. */
export type RankedBy =
  /** Cosines with these features, [queries, dim]. */
  | Float32Array
  /** Cosines of features, [queries, dim] and [images, dim]. */
  | { readonly queries: Float32Array; readonly gallery: Float32Array }
  /** Scores of the images for one query, [images]: the higher, the better. */
  | { scores(query: number): ArrayLike<number> };

/** A way to query that looks at a whole category, not at one pair of features. */
export interface CategoryFusion {
  rankedBy(features: CategoryFeatures): RankedBy;
}
