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
  const dim = feature.length;
  const start = row * dim;
  let dot = 0;
  let square = 0;
  for (let i = 0; i < dim; i++) {
    const value = features[start + i];
    dot += value * feature[i];
    square += value * value;
  }
  return square > 0 && norm > 0 ? dot / Math.sqrt(square) / norm : 0;
}

/** The cosine similarity of a feature with every row, [rows]. */
export function cosines(features: Float32Array, feature: Float32Array): Float64Array {
  const query = exactQuery(feature);
  return Float64Array.from({ length: features.length / feature.length }, (_, row) => exactScore(query, features, row));
}
