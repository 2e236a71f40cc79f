import { type ExactQuery, exactQuery, exactScore } from '../cosine.ts';

/** A page of what is no near-duplicate. */
export interface DistinctPage {
  readonly k: number;
  readonly offset: number;
  /** The least cosine similarity with a better one that leaves an image out. */
  readonly distinct: number;
}

/**
 * Ranks as far as it takes until there are enough that are no near-duplicates of better ones that are kept.
 * @param rank gives the best `want`, best first, or as many as there are
 * @param featuresOf gives their features, in their order
 */
export async function keepDistinct<Found>(
  { k, offset, distinct }: DistinctPage,
  rank: (want: number) => Promise<readonly Found[]>,
  featuresOf: (found: readonly Found[]) => Promise<readonly Float32Array[]>,
): Promise<Found[]> {
  const enough = offset + k;
  for (let want = 2 * enough; ; want *= 4) {
    const ranked = await rank(want);
    const features = await featuresOf(ranked);
    const kept: Found[] = [];
    const queries: ExactQuery[] = [];
    for (const [i, feature] of features.entries()) {
      if (kept.length === enough) break;
      if (queries.some((better) => exactScore(better, feature, 0) >= distinct)) continue;
      kept.push(ranked[i]);
      queries.push(exactQuery(feature));
    }
    if (kept.length === enough || ranked.length < want) return kept.slice(offset);
  }
}
