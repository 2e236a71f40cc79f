import { compressImage } from '@webcir/clip/node';
import type { CirDataset } from '@webcir/data';

/** An image of a data set for a page: a PNG data URI, at most `size` pixels wide and high. */
export async function dataUriOf(dataset: CirDataset, id: string, size: number): Promise<string> {
  const png = await compressImage(await dataset.image(id), { format: 'png', maxSide: size });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}
