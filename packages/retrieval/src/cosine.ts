/** A query feature and its length. */
export interface ExactQuery {
  readonly feature: Float32Array;
  readonly norm: number;
}

export const exactQuery = (feature: Float32Array): ExactQuery => ({ feature, norm: Math.hypot(...feature) });

/**
 * The cosine similarity of a query with a row of features, in float64; 0 with a row, or for a query, of zeros.
 * @param features [rows, dim]; neither has to be normalized
 */
export function exactScore({ feature, norm }: ExactQuery, features: Float32Array, row: number): number {
  const start = row * feature.length;
  const square = dot(features, start, features, start, feature.length);
  return square > 0 && norm > 0 ? dot(features, start, feature, 0, feature.length) / Math.sqrt(square) / norm : 0;
}

/**
 * `exactScore` of every query with every row, [rows] for each query; each row's length is computed once.
 * @param features [rows, dim]
 */
export function exactScores(queries: readonly ExactQuery[], features: Float32Array): Float64Array[] {
  const dim = queries[0].feature.length;
  const count = features.length / dim;
  const scores = queries.map(() => new Float64Array(count));
  for (let row = 0; row < count; row++) {
    const start = row * dim;
    const length = Math.sqrt(dot(features, start, features, start, dim));
    if (length === 0) continue;
    for (let q = 0; q < queries.length; q++) {
      const { feature, norm } = queries[q];
      if (norm > 0) scores[q][row] = dot(features, start, feature, 0, dim) / length / norm;
    }
  }
  return scores;
}

/** The product of two rows. Four sums take turns: one would wait for each of its additions. */
function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number, dim: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let i = 0;
  for (; i + 3 < dim; i += 4) {
    sum0 += a[aStart + i] * b[bStart + i];
    sum1 += a[aStart + i + 1] * b[bStart + i + 1];
    sum2 += a[aStart + i + 2] * b[bStart + i + 2];
    sum3 += a[aStart + i + 3] * b[bStart + i + 3];
  }
  for (; i < dim; i++) sum0 += a[aStart + i] * b[bStart + i];
  return sum0 + sum1 + (sum2 + sum3);
}

/** The cosine similarity of a feature with every row, [rows]. */
export function cosines(features: Float32Array, feature: Float32Array): Float64Array {
  const query = exactQuery(feature);
  return Float64Array.from({ length: features.length / feature.length }, (_, row) => exactScore(query, features, row));
}
