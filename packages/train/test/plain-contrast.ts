// The contrastive loss in plain loops and float64, whatever the queries are told apart from.

/** A feature scaled to length 1. */
export function unit(x: ArrayLike<number>): number[] {
  const norm = Math.hypot(...Array.from(x));
  return Array.from(x, (value) => value / norm);
}

/** The rows of a matrix. */
export const rowsOf = (values: ArrayLike<number>, dim: number): number[][] =>
  Array.from({ length: values.length / dim }, (_, row) => Array.from({ length: dim }, (_, i) => values[row * dim + i]));

/**
 * The mean over the queries of the cross entropy of softmax(100 cos), and its gradient.
 * @param queries of length 1 each
 * @param candidatesOf what each is compared with, its target first
 */
export function plainContrast(
  queries: readonly (readonly number[])[],
  candidatesOf: (query: number) => readonly ArrayLike<number>[],
): { loss: number; gradient: number[][] } {
  let loss = 0;
  const gradient = queries.map((query, row) => {
    const candidates = candidatesOf(row).map(unit);
    const logits = candidates.map((candidate) => 100 * query.reduce((sum, value, i) => sum + value * candidate[i], 0));
    const largest = Math.max(...logits);
    const exponentials = logits.map((logit) => Math.exp(logit - largest));
    const total = exponentials.reduce((sum, value) => sum + value, 0);
    loss += (largest + Math.log(total) - logits[0]) / queries.length;
    return query.map((_, i) =>
      candidates.reduce((sum, candidate, c) => {
        const pull = exponentials[c] / total - Number(c === 0);
        return sum + (100 * pull * candidate[i]) / queries.length;
      }, 0),
    );
  });
  return { loss, gradient };
}
