// Where the images of a gallery lie: their places in the map's own units, how far apart they are, where a query lies.
import { type Box, mix, type Point } from './view.ts';

/** The scale of CLIP's logits, at which its softmax over cosines tells neighbours apart (Radford et al. 2021, §2.5). */
const LOGIT_SCALE = 100;

/**
 * Where a query feature lies among the images of a gallery: the mean of the places of its k nearest ones, weighted by
 * the softmax of their scores times CLIP's logit scale.
 *
 * @param scores cosines of the query feature and each image of the gallery: [images]
 * @param places [images, 2], row by row
 * @param k how many neighbours count; of a smaller gallery, all do
 * @throws RangeError without an image or a neighbour
 * @example
 * ```ts
 * import { placeOfQuery } from './places.ts';
 *
 * const places = Float32Array.of(0, 0, 4, 0, 9, 9);
 * console.log(placeOfQuery([0.3, 0.3, 0.1], places, 2)); // → [ 2, 0 ]
 * ```
 */
export function placeOfQuery(scores: ArrayLike<number>, places: ArrayLike<number>, k = 5): [number, number] {
  const nearest = Array.from(scores, (score, row) => ({ score, row }))
    .sort((a, b) => b.score - a.score || a.row - b.row)
    .slice(0, k);
  if (nearest.length === 0) throw new RangeError(`the ${k} nearest of ${scores.length} images: there is none`);
  const weights = nearest.map(({ score }) => Math.exp(LOGIT_SCALE * (score - nearest[0].score)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = (axis: number) =>
    nearest.reduce((sum, { row }, i) => sum + (weights[i] / total) * places[2 * row + axis], 0);
  return [mean(0), mean(1)];
}

/** How places of any scale become places of the map: [x, y] · scale + shift. */
export interface ToUnits {
  readonly scale: number;
  readonly shift: Point;
}

/**
 * The map's units for some places: their box lies around 0, and its longer side has a length of 1.
 * @param places [ids, 2]
 * @throws RangeError for a place that is missing or not finite, naming the id
 */
export function unitsOf(places: Float32Array, ids: readonly string[]): ToUnits {
  if (places.length !== 2 * ids.length)
    throw new RangeError(`${ids.length} ids need ${2 * ids.length} coordinates of places, found ${places.length}`);
  const bad = places.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new RangeError(`the place of ${ids[bad >> 1]} is not finite: ${places[bad]}`);
  const { left, top, right, bottom } = boxOf(places);
  const scale = 1 / (Math.max(right - left, bottom - top) || 1);
  return { scale, shift: [(-scale * (left + right)) / 2, (-scale * (top + bottom)) / 2] };
}

export const inUnits = ({ scale, shift }: ToUnits, [x, y]: Point): Point => [
  x * scale + shift[0],
  y * scale + shift[1],
];

/** All places in the map's units: [ids, 2]. */
export function allInUnits({ scale, shift }: ToUnits, places: Float32Array): Float32Array {
  return places.map((value, i) => value * scale + shift[i % 2]);
}

/** The box of all places, or of some rows of them; a point at 0 where there is none. */
export function boxOf(places: Float32Array, rows?: readonly number[]): Box {
  const count = rows?.length ?? places.length / 2;
  if (count === 0) return { left: 0, top: 0, right: 0, bottom: 0 };
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let i = 0; i < count; i++) {
    const row = rows ? rows[i] : i;
    box.left = Math.min(box.left, places[2 * row]);
    box.right = Math.max(box.right, places[2 * row]);
    box.top = Math.min(box.top, places[2 * row + 1]);
    box.bottom = Math.max(box.bottom, places[2 * row + 1]);
  }
  return box;
}

/**
 * How far apart neighbours are: what the distance to the nearest other one does not exceed for nine of ten places, on
 * the longer axis. At most the distance that the places would have were they spread evenly over a square.
 * @param places [points, 2]
 */
export function spacingOf(places: Float32Array): number {
  const { left, top, right, bottom } = boxOf(places);
  const most = Math.max(right - left, bottom - top) / Math.sqrt(places.length / 2) || 1;
  const nearest = nearestOf(places, most, 'all').sort();
  return nearest[Math.floor(0.9 * nearest.length)] || most;
}

/**
 * How much room each place has: the distance to the nearest of those before it, on the longer axis, so that squares of
 * that size do not touch. At `most` where none is nearer, as for the first one.
 * @param places [points, 2]
 * @returns [points]
 */
export const roomOf = (places: Float32Array, most: number): Float32Array => nearestOf(places, most, 'before');

function nearestOf(places: Float32Array, most: number, among: 'all' | 'before'): Float32Array {
  const nearest = new Float32Array(places.length / 2).fill(most);
  const { left, top } = boxOf(places);
  const lines = 2 ** 26; // more than there are: cells of two columns do not share a number
  const cells = new Map<number, number[]>();
  for (let row = 0; row < nearest.length; row++) {
    const [x, y] = [places[2 * row], places[2 * row + 1]];
    const cell = Math.floor((x - left) / most) * lines + Math.floor((y - top) / most);
    for (const column of [-lines, 0, lines])
      for (const line of [-1, 0, 1])
        for (const other of cells.get(cell + column + line) ?? []) {
          const distance = Math.max(Math.abs(places[2 * other] - x), Math.abs(places[2 * other + 1] - y));
          if (distance < nearest[row]) nearest[row] = distance;
          if (among === 'all' && distance < nearest[other]) nearest[other] = distance;
        }
    const held = cells.get(cell);
    if (held) held.push(row);
    else cells.set(cell, [row]);
  }
  return nearest;
}

/** Writes values on the way from some to others. */
export function mixInto(into: Float32Array, from: Float32Array, to: Float32Array, share: number): void {
  for (let i = 0; i < into.length; i++) into[i] = mix(from[i], to[i], share);
}
