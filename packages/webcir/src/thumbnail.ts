import type { CirDataset } from '@webcir/data';
import sharp from 'sharp';

/** An image of a data set for a page: a PNG data URI, at most `size` pixels wide and high. */
export async function dataUriOf(dataset: CirDataset, id: string, size: number): Promise<string> {
  const { width, height, channels, data } = await dataset.image(id);
  const raw = sharp(data, { raw: { width, height, channels } });
  const scaled = Math.max(width, height) > size ? raw.resize(size, size, { fit: 'inside' }) : raw;
  return `data:image/png;base64,${(await scaled.png({ compressionLevel: 9 }).toBuffer()).toString('base64')}`;
}
