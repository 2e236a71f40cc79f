/** The number of rows of a `[rows, dim]` matrix. */
export const rowsOf = (values: ArrayLike<number>, dim: number): number => values.length / dim;

/** The scalar product of row `i` of `a` and row `j` of `b`. */
export function dotRows(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, dim: number): number {
  let sum = 0;
  for (let d = 0, p = i * dim, q = j * dim; d < dim; d++) sum += a[p + d] * b[q + d];
  return sum;
}

/** The Euclidean length of every row. */
export const lengthsOf = (values: ArrayLike<number>, dim: number): Float64Array =>
  Float64Array.from({ length: rowsOf(values, dim) }, (_, row) => Math.sqrt(dotRows(values, row, values, row, dim)));

/** The rows, each divided by its length; a row of zeros stays one. */
export function unitRows(values: ArrayLike<number>, dim: number): Float64Array {
  const lengths = lengthsOf(values, dim);
  return Float64Array.from(values, (value, at) => value / (lengths[Math.floor(at / dim)] || 1));
}

/** The cosine of row `i` of `a` and row `i` of `b`, for every row. */
export function cosines(a: ArrayLike<number>, b: ArrayLike<number>, dim: number): Float64Array {
  const [unitA, unitB] = [unitRows(a, dim), unitRows(b, dim)];
  return Float64Array.from({ length: rowsOf(a, dim) }, (_, row) => dotRows(unitA, row, unitB, row, dim));
}

/** The mean row, each counted as often as `counts` says. */
export function meanRow(values: ArrayLike<number>, dim: number, counts: ArrayLike<number>): Float64Array {
  const mean = new Float64Array(dim);
  let total = 0;
  for (let row = 0; row < counts.length; row++) {
    const count = counts[row];
    if (count === 0) continue;
    total += count;
    for (let d = 0, p = row * dim; d < dim; d++) mean[d] += count * values[p + d];
  }
  for (let d = 0; d < dim; d++) mean[d] /= total;
  return mean;
}

/**
 * The mean of numbers, or of those from `start` on and before `end`, each counted as often as `counts` says; those that
 * are not numbers are left out.
 */
export function meanOf(
  values: ArrayLike<number>,
  counts: ArrayLike<number>,
  start = 0,
  end: number = values.length,
): number {
  let sum = 0;
  let total = 0;
  for (let i = start; i < end; i++) {
    if (Number.isNaN(values[i])) continue;
    sum += counts[i] * values[i];
    total += counts[i];
  }
  return sum / total;
}

/** `a - b`, entry by entry. */
export const minus = (a: ArrayLike<number>, b: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: a.length }, (_, i) => a[i] - b[i]);
