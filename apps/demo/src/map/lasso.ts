// What a line drawn by hand goes around.
import type { Point } from './view.ts';

/**
 * Whether a point lies within a polygon, whose last corner is joined to its first: a ray from the point to the right
 * crosses the sides an odd number of times (the even-odd rule, so that what a loop encloses twice is outside).
 */
export function isInside(polygon: readonly Point[], [x, y]: Point): boolean {
  let inside = false;
  for (let i = 0, last = polygon.length - 1; i < polygon.length; last = i++) {
    const [ax, ay] = polygon[i];
    const [bx, by] = polygon[last];
    // A corner at the height of the ray belongs to the side above it alone, else it would be crossed twice.
    if (ay > y !== by > y && x < ax + ((y - ay) / (by - ay)) * (bx - ax)) inside = !inside;
  }
  return inside;
}

/**
 * The rows of the places within a polygon.
 * @param places [rows, 2], in the units of the polygon
 */
export function rowsWithin(polygon: readonly Point[], places: Float32Array): number[] {
  const rows: number[] = [];
  for (let row = 0; row < places.length / 2; row++)
    if (isInside(polygon, [places[2 * row], places[2 * row + 1]])) rows.push(row);
  return rows;
}
