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
 * The mean over the queries of the cross entropy of softmax(100 cos).
 * @param candidatesOf what each query is compared with, the right one first
 */
export function plainContrast(
  queries: readonly ArrayLike<number>[],
  candidatesOf: (query: number) => readonly ArrayLike<number>[],
): number {
  const losses = queries.map((query, row) => {
    const direction = unit(query);
    const logits = candidatesOf(row).map((candidate) =>
      unit(candidate).reduce((sum, value, i) => sum + 100 * value * direction[i], 0),
    );
    const largest = Math.max(...logits);
    return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0)) - logits[0];
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}
