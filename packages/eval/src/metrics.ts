import type { Metric, Ranks } from './protocols/protocol.ts';

/** Recall@k: whether the target is among the first `k` images. */
export const recall = (k: number): Metric => ({
  key: `recall_at${k}`,
  label: `R@${k}`,
  of: ({ target }) => Number(isWithin(target, k)),
});

/** CIRR's Recall_subset@k: whether the target is among the first `k` of the five other images of its group. */
export const groupRecall = (k: number): Metric => ({
  key: `group_recall_at${k}`,
  label: `Rs@${k}`,
  of: ({ group = 0 }) => Number(isWithin(group, k)),
});

/**
 * Mean average precision at `k` for queries with several correct images, as CIRCO defines it (Baldrati et al. 2023,
 * equation 5): AP@k = sum over i <= k of precision(i) * relevant(i), over min(k, correct).
 */
export const meanAveragePrecision = (k: number): Metric => ({
  key: `map_at${k}`,
  label: `mAP@${k}`,
  of: (ranks) => averagePrecision(ranks, k),
});

function averagePrecision({ target, correct = [target] }: Ranks, k: number): number {
  const found = correct.filter((rank) => isWithin(rank, k)).sort((a, b) => a - b);
  return found.reduce((sum, rank, i) => sum + (i + 1) / rank, 0) / Math.min(k, correct.length);
}

/**
 * nDCG@k with binary relevance, as trec_eval and with it MTEB compute it: the sum over the correct images among the
 * first k of 1 / log2(rank + 1), over the same sum of a ranking that has all correct images first.
 */
export const ndcg = (k: number): Metric => ({
  key: `ndcg_at${k}`,
  label: `nDCG@${k}`,
  of: ({ target, correct = [target] }) => {
    const best = correct.slice(0, k).map((_, i) => i + 1);
    return gain(correct.filter((rank) => isWithin(rank, k))) / gain(best);
  },
});

const gain = (ranks: readonly number[]): number => ranks.reduce((sum, rank) => sum + 1 / Math.log2(rank + 1), 0);

/** Whether any of the correct images is among the first `k`: what M-BEIR calls Recall@k. */
export const hitRate = (k: number): Metric => ({
  key: `hit_rate_at${k}`,
  label: `Hit@${k}`,
  of: ({ target, correct = [target] }) => Number(correct.some((rank) => isWithin(rank, k))),
});

const isWithin = (rank: number, k: number): boolean => rank > 0 && rank <= k;
