/** The models whose spaces a study compares, in the order in which training makes them, and what a reader calls them. */
export const STAGES = {
  base: 'base CLIP',
  stage1: 'after stage 1',
  stage2: 'after stage 2',
} as const;

/** A model of a run: CLIP as it came, with the tuned encoder, or with the Combiner on top. */
export type Stage = keyof typeof STAGES;

/** What a Combiner adds up to the query features of a split. */
export interface QueryParts {
  /** The learned term, [queries, dim]. */
  readonly learned: Float32Array;
  /** How much of the convex term is text, [queries]. */
  readonly lambda: Float32Array;
}

/** The features of one split under one model. All are as the model gives them, not normalized. */
export interface Space {
  readonly stage: Stage;
  readonly dim: number;
  /** Whether its CLIP is that of the stage before: then only its query features are new. */
  readonly sameClip: boolean;
  /** Every image that queries are ranked against, [images, dim], category by category. */
  readonly gallery: Float32Array;
  /** The reference images, [queries, dim], as all that follow. */
  readonly references: Float32Array;
  readonly targets: Float32Array;
  /** The captions. */
  readonly texts: Float32Array;
  /** What is searched with: the sum of reference and caption, or what the Combiner makes of them. */
  readonly queries: Float32Array;
  /** The Combiner's terms, where it made the query features. */
  readonly parts?: QueryParts;
}

/** The queries and images of one category: they stand behind one another in every table of a space. */
export interface Stratum {
  readonly category: string;
  readonly queries: number;
  readonly images: number;
}

/** The part of a table that belongs to a category. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Where the rows of each category begin and end. */
export function rangesOf(strata: readonly Stratum[], what: 'queries' | 'images'): Range[] {
  let end = 0;
  return strata.map((stratum) => {
    const start = end;
    end += stratum[what];
    return { start, end };
  });
}
