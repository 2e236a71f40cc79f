import type { Device } from '@webcir/kernels';
import { GalleryIndex } from '@webcir/retrieval';
import { rangesOf, type Space, type Stratum } from './space.ts';

/**
 * The nearest gallery images of rows, in the gallery of each row's category: the device looks at all of them.
 * @param rows [queries, dim]
 * @returns for each row the indices in its category's gallery, best first
 */
export async function nearestInGallery(
  device: Device,
  { gallery, dim }: Space,
  rows: Float32Array,
  strata: readonly Stratum[],
  k: number,
): Promise<Uint32Array[]> {
  const images = rangesOf(strata, 'images');
  const found: Uint32Array[] = [];
  for (const [category, { start, end }] of rangesOf(strata, 'queries').entries()) {
    const own = gallery.subarray(images[category].start * dim, images[category].end * dim);
    const index = await GalleryIndex.create(device, own, dim);
    const { k: width, indices } = await index.search(rows.subarray(start * dim, end * dim), k);
    await index.dispose();
    for (let row = 0; row < end - start; row++) found.push(indices.slice(row * width, (row + 1) * width));
  }
  return found;
}

/** The share of the neighbours of each row that are among its neighbours elsewhere: [rows]. */
export const keptNeighbours = (before: readonly Uint32Array[], after: readonly Uint32Array[]): Float64Array =>
  Float64Array.from(before, (list, row) => {
    const kept = new Set(after[row]);
    return list.filter((image) => kept.has(image)).length / list.length;
  });
