import type { Device } from '@webcir/kernels';
import { GalleryIndex } from '@webcir/retrieval';
import { lengthsOf, minus, rowsOf } from './vectors.ts';

/**
 * The nearest other rows of a set, by cosine: the device looks at all of them.
 * @param rows [n, dim]
 * @returns for each row the indices of at most `k` others, best first
 */
export async function nearestOthers(
  device: Device,
  rows: Float32Array,
  dim: number,
  k: number,
): Promise<readonly (readonly number[])[]> {
  const index = await GalleryIndex.create(device, rows, dim);
  const { k: width, indices } = await index.search(rows, k + 1);
  await index.dispose();
  return Array.from({ length: rowsOf(rows, dim) }, (_, row) =>
    Array.from(indices.subarray(row * width, (row + 1) * width))
      .filter((other) => other !== row)
      .slice(0, k),
  );
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
