const BINS = 40;

/** The histogram of one set of values, over their own range, as a figure takes it. */
export function histogramOf(name: string, values: ArrayLike<number>) {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  const width = (high - low) / BINS || 1;
  const shares = Array<number>(BINS).fill(0);
  for (let i = 0; i < values.length; i++)
    shares[Math.min(BINS - 1, Math.floor((values[i] - low) / width))] += 1 / values.length;
  return {
    edges: Array.from({ length: BINS + 1 }, (_, i) => low + i * width),
    series: [{ name, shares }],
  };
}
