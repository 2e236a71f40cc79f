/**
 * How much a map can be trusted: the share of the nearest points of each row that are among its nearest in the plane.
 * @param nearest of every point, best first @param positions [points, 2] @param rows the points that are asked for
 * @returns [rows]
 */
export function keptByMap(
  nearest: readonly (readonly number[])[],
  positions: Float64Array,
  rows: readonly number[],
): Float64Array {
  return Float64Array.from(rows, (row) => {
    const distances = Float64Array.from(nearest, (_, other) =>
      other === row
        ? Number.POSITIVE_INFINITY
        : Math.hypot(positions[2 * other] - positions[2 * row], positions[2 * other + 1] - positions[2 * row + 1]),
    );
    const near = nearest[row];
    const reach = Float64Array.from(distances).sort()[near.length - 1];
    return near.filter((other) => distances[other] <= reach).length / near.length;
  });
}
