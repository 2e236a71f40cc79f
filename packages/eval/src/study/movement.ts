import type { Device } from '@webcir/kernels';
import { GalleryIndex } from '@webcir/retrieval';
import { lengthsOf, minus, rowsOf } from './vectors.ts';

/** The nearest other rows of every row of a set. */
export interface NearestRows {
  /** Best first. */
  readonly rows: readonly (readonly number[])[];
  /** Their cosines. */
  readonly cosines: readonly (readonly number[])[];
}

/**
 * The nearest other rows of a set, by cosine: the device looks at all of them.
 * @param rows [n, dim] @param k how many of each at most
 */
export async function nearestOthers(device: Device, rows: Float32Array, dim: number, k: number): Promise<NearestRows> {
  const index = await GalleryIndex.create(device, rows, dim);
  const { k: width, indices, scores } = await index.search(rows, k + 1);
  await index.dispose();
  const lists = Array.from({ length: rowsOf(rows, dim) }, (_, row) =>
    // A row is its own nearest one, unless many are equal to it.
    Array.from({ length: width }, (_, i) => row * width + i)
      .filter((at) => indices[at] !== row)
      .slice(0, k),
  );
  return {
    rows: lists.map((list) => list.map((at) => indices[at])),
    cosines: lists.map((list) => list.map((at) => scores[at])),
  };
}

/**
 * How far each row moves on its own: the length of its movement less the mean movement of its neighbours, over the
 * length of its movement. 0 where it goes with them, about 1 where they go every way; NaN where it does not move. An
 * absolute movement says little, since a whole set may move without a rank changing.
 * @param before [n, dim] @param after [n, dim] @param neighbours of each row, before
 */
export function movementApart(
  before: Float64Array,
  after: Float64Array,
  dim: number,
  neighbours: readonly (readonly number[])[],
): Float64Array {
  const moves = minus(after, before);
  const apart = moves.map((value, at) => {
    const others = neighbours[Math.floor(at / dim)];
    return value - others.reduce((sum, row) => sum + moves[row * dim + (at % dim)], 0) / others.length;
  });
  const [own, rest] = [lengthsOf(moves, dim), lengthsOf(apart, dim)];
  return own.map((length, row) => (length === 0 ? Number.NaN : rest[row] / length));
}
