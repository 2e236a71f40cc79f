/** Gallery indices, best first; at least as many as the largest `k` asked for, or the whole gallery. */
export type Ranking = ArrayLike<number>;

/**
 * Whether each query's target is among its first `k` pictures.
 * @param targets the gallery index of each query's target
 * @returns 1 or 0 per query
 * @throws RangeError where there is not one target per ranking
 */
export function hitsAt(rankings: readonly Ranking[], targets: ArrayLike<number>, k: number): Uint8Array {
  expectSameCount('targets', targets.length, rankings.length);
  return Uint8Array.from(rankings, (ranking, query) => {
    for (let i = 0; i < Math.min(k, ranking.length); i++) if (ranking[i] === targets[query]) return 1;
    return 0;
  });
}

/** Recall@k in percent: the share of queries whose target is among the first `k`. Throws as `hitsAt` does. */
export function recallAt(rankings: readonly Ranking[], targets: ArrayLike<number>, k: number): number {
  return percent(hitsAt(rankings, targets, k));
}

export interface CategoryRecall {
  /** A category of the data set, or `mean` for the unweighted mean over all of them. */
  category: string;
  /** In percent. */
  recall_at10: number;
  recall_at50: number;
}

/**
 * FashionIQ's validation protocol as in CLIP4Cir's `compute_fiq_val_metrics`: every category is ranked against all
 * pictures of its own split, the reference picture among them, and the mean over categories is unweighted.
 * @returns one entry per category, in the order given, then `mean`
 * @throws RangeError on no category, a category without queries, or counts that differ
 */
export function fashionIqRecall(
  categories: readonly { category: string; rankings: readonly Ranking[]; targets: ArrayLike<number> }[],
): CategoryRecall[] {
  if (categories.length === 0) throw new RangeError('categories: expected at least one, found none');
  const rows = categories.map(({ category, rankings, targets }) => {
    if (rankings.length === 0) throw new RangeError(`category ${category}: expected queries, found none`);
    return {
      category,
      recall_at10: recallAt(rankings, targets, 10),
      recall_at50: recallAt(rankings, targets, 50),
    };
  });
  return [
    ...rows,
    {
      category: 'mean',
      recall_at10: mean(rows.map((r) => r.recall_at10)),
      recall_at50: mean(rows.map((r) => r.recall_at50)),
    },
  ];
}

/** In percent; the names are those of CLIP4Cir's results. */
export interface CirrMetrics {
  recall_at1: number;
  recall_at5: number;
  recall_at10: number;
  recall_at50: number;
  group_recall_at1: number;
  group_recall_at2: number;
  group_recall_at3: number;
}

/** Pictures are gallery indices. */
export interface CirrQuery {
  reference: number;
  target: number;
  /** The six look-alikes, reference and target among them. */
  group: readonly number[];
}

/**
 * CIRR's validation protocol as in CLIP4Cir's `compute_cirr_val_metrics`: the reference is taken out of the ranking;
 * the group recalls rank the target among the five other members of its group.
 * @param scores similarities `[queries, gallery]`, higher is better; of equal ones the lower index comes first
 * @throws RangeError where sizes disagree, the target is the reference, or a group lacks its target
 */
export function cirrMetrics(scores: ArrayLike<number>, queries: readonly CirrQuery[]): CirrMetrics {
  const size = scores.length / queries.length;
  if (queries.length === 0 || !Number.isInteger(size)) {
    throw new RangeError(`scores: expected a row for each of ${queries.length} queries, found ${scores.length} values`);
  }
  const gallery = Array.from({ length: size }, (_, i) => i);
  const ranks = queries.map(({ reference, target, group }, query) => {
    if (target === reference) throw new RangeError(`query ${query}: its target is its reference (picture ${target})`);
    if (!group.includes(target)) throw new RangeError(`query ${query}: its group lacks its target (picture ${target})`);
    const rankAmong = (candidates: readonly number[]) => {
      const rest = candidates.filter((candidate) => candidate !== reference);
      return rankOf((picture) => scores[query * size + picture], target, rest);
    };
    return { all: rankAmong(gallery), group: rankAmong(group) };
  });
  const all = (k: number) => percent(ranks.map((rank) => Number(rank.all <= k)));
  const group = (k: number) => percent(ranks.map((rank) => Number(rank.group <= k)));
  return {
    recall_at1: all(1),
    recall_at5: all(5),
    recall_at10: all(10),
    recall_at50: all(50),
    group_recall_at1: group(1),
    group_recall_at2: group(2),
    group_recall_at3: group(3),
  };
}

/** The place of a target among candidates, from 1: by falling score, then by rising index. */
function rankOf(score: (picture: number) => number, target: number, candidates: readonly number[]): number {
  const mark = score(target);
  return 1 + candidates.filter((c) => score(c) > mark || (score(c) === mark && c < target)).length;
}

/**
 * Mean average precision at `k` in percent, for queries with several correct pictures, as CIRCO defines it
 * (Baldrati et al. 2023, equation 5): AP@k = sum over i <= k of precision(i) * relevant(i), over min(k, correct).
 * @param correct the gallery indices of each query's correct pictures
 * @throws RangeError where there is not one non-empty set per ranking
 */
export function meanAveragePrecisionAt(
  rankings: readonly Ranking[],
  correct: readonly (readonly number[])[],
  k: number,
): number {
  expectSameCount('correct', correct.length, rankings.length);
  return percent(
    rankings.map((ranking, query) => {
      const relevant = new Set(correct[query]);
      if (relevant.size === 0)
        throw new RangeError(`query ${query}: expected at least one correct picture, found none`);
      let found = 0;
      let sum = 0;
      for (let i = 0; i < Math.min(k, ranking.length); i++) {
        if (relevant.has(ranking[i])) sum += ++found / (i + 1);
      }
      return sum / Math.min(k, relevant.size);
    }),
  );
}

function expectSameCount(name: string, found: number, expected: number): void {
  if (found !== expected)
    throw new RangeError(`${name}: expected one for each of ${expected} rankings, found ${found}`);
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

const percent = (values: ArrayLike<number>): number => 100 * mean(values);
