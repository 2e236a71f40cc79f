/**
 * Ranks the members of each query's group among themselves by cosine similarity, best first; equal scores keep the
 * gallery's order, as in a ranking of the whole gallery. Runs in float64 on the CPU, since a query has few scores.
 * @param queries `[groups, dim]`
 * @param gallery `[n, dim]`, raw or normalized
 * @param groups gallery indices per query
 */
export function rankGroups(
  queries: Float32Array,
  gallery: Float32Array,
  dim: number,
  groups: readonly (readonly number[])[],
): number[][] {
  const row = (values: Float32Array, index: number) => values.subarray(index * dim, (index + 1) * dim);
  return groups.map((group, query) => {
    // The length of the query does not change the order.
    const similarity = (image: number) => {
      const feature = row(gallery, image);
      return dot(row(queries, query), feature) / Math.sqrt(dot(feature, feature));
    };
    const scored = group.map((image) => ({ image, score: similarity(image) }));
    return scored.sort((a, b) => b.score - a.score || a.image - b.image).map(({ image }) => image);
  });
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);
