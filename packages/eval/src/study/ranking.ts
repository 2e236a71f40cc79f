import type { FeatureTable } from '@webcir/retrieval';
import type { Evaluator } from '../evaluator.ts';
import type { Ranks } from '../protocols/protocol.ts';
import { rangesOf, type Space, type Stratum } from './space.ts';
import { dotRows, unitRows } from './vectors.ts';

/**
 * The ranks of the answers under the protocol, category by category, for any query features.
 * @param features of every image, as the space's CLIP gives them
 * @param queries [queries, dim]
 */
export async function protocolRanks(
  evaluator: Evaluator,
  strata: readonly Stratum[],
  features: FeatureTable,
  queries: Float32Array,
): Promise<Ranks[]> {
  const ranges = rangesOf(strata, 'queries');
  const byCategory = new Map(
    strata.map(({ category }, i) => [
      category,
      queries.subarray(ranges[i].start * features.dim, ranges[i].end * features.dim),
    ]),
  );
  // 'text' takes what it is given as the query features.
  const judged = await evaluator.judge(features, byCategory, 'text');
  return judged.flatMap(({ ranks }) => ranks);
}

/** Where each query's images stand in the gallery of its category, counted from the first image of all. */
export interface GalleryRows {
  /** [queries] */
  readonly target: Int32Array;
  /** The reference, where the protocol takes it out; else -1. */
  readonly removed: Int32Array;
  /** Another correct image; -1 where the data set knows none. */
  readonly other: Int32Array;
}

/**
 * The rank of every query's target in the whole gallery of its category, however far down it is: the metrics look at
 * the first ranks only, moves do not. Equal scores keep the gallery's order.
 * @param queries [queries, dim]
 * @returns [queries], from 1
 */
export function targetRanks(
  { dim, gallery }: Pick<Space, 'dim' | 'gallery'>,
  queries: ArrayLike<number>,
  strata: readonly Stratum[],
  { target, removed }: Pick<GalleryRows, 'target' | 'removed'>,
): Float64Array {
  const [unitQueries, unitImages] = [unitRows(queries, dim), unitRows(gallery, dim)];
  const ranks = new Float64Array(target.length);
  const images = rangesOf(strata, 'images');
  for (const [category, { start, end }] of rangesOf(strata, 'queries').entries()) {
    for (let query = start; query < end; query++) {
      const wanted = dotRows(unitQueries, query, unitImages, target[query], dim);
      let rank = 1;
      for (let image = images[category].start; image < images[category].end; image++) {
        if (image === removed[query] || image === target[query]) continue;
        const score = dotRows(unitQueries, query, unitImages, image, dim);
        if (score > wanted || (score === wanted && image < target[query])) rank++;
      }
      ranks[query] = rank;
    }
  }
  return ranks;
}
