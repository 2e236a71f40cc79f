/**
 * Shortens the bands of a map where no point is, along each axis: UMAP pushes clusters without a link apart, as far as
 * its epochs take them, and where such a band stays wide little of a panel is left for the clusters. The order along
 * an axis stays as it is, and so do the distances of points that no such band parts.
 * @param positions [points, 2] @param widest band that stays, in the units of the positions @returns [points, 2]
 */
export function closeGaps(positions: Float64Array, widest: number): Float64Array {
  const closed = Float64Array.from(positions);
  for (const axis of [0, 1]) {
    const along = positions.filter((_, at) => at % 2 === axis);
    const order = [...along.keys()].sort((a, b) => along[a] - along[b]);
    let cut = 0;
    for (const [i, point] of order.entries()) {
      if (i > 0) cut += Math.max(0, along[point] - along[order[i - 1]] - widest);
      closed[2 * point + axis] = along[point] - cut;
    }
  }
  return closed;
}
