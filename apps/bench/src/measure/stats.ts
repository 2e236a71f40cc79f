/** Repeated measurements of one thing, in milliseconds. */
export interface Timing {
  readonly median: number;
  /** The ends of the interval of order statistics that holds the true median with at least 95 % (see `timingOf`). */
  readonly low: number;
  readonly high: number;
  readonly samples: readonly number[];
}

/** The middle value, or the mean of the two middle ones. Throws RangeError where there is none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('median: expected at least one value');
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Median and its distribution-free confidence interval: the number of samples below the true median is binomial with
 * 1/2, so the interval from the k-th smallest to the k-th largest sample misses it with 2 P(fewer than k below). k is
 * the largest that keeps this at 5 %; of fewer than six samples even the whole range covers less (five: 93.75 %).
 */
export function timingOf(samples: readonly number[]): Timing {
  const sorted = [...samples].sort((a, b) => a - b);
  const n = sorted.length;
  let rank = 1;
  let probability = 2 ** -n;
  let below = probability;
  while (rank < n / 2) {
    probability *= (n - rank + 1) / rank;
    below += probability;
    if (2 * below > 0.05) break;
    rank++;
  }
  return { median: median(sorted), low: sorted[rank - 1], high: sorted[n - rank], samples };
}

/** How many times as long A takes as B, from samples taken in turns: the ratios of each round. */
export function ratioOf(a: readonly number[], b: readonly number[]): Timing {
  if (a.length !== b.length)
    throw new RangeError(`ratioOf: expected as many rounds, found ${a.length} and ${b.length}`);
  return timingOf(a.map((value, round) => value / b[round]));
}
