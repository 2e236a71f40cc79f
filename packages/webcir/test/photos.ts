import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openEmbeddedFromPackage } from '@webcir/data/node';
import sharp from 'sharp';

/**
 * Writes images of the embedded data set.
 * @param nameOf of each in the folder; some in one below it unless given: 0.png, below/1.png, 2.png, …
 */
export async function writePhotos(
  folder: string,
  count: number,
  nameOf = (i: number) => `${i % 2 ? 'below/' : ''}${i}.png`,
): Promise<void> {
  const embedded = await openEmbeddedFromPackage();
  for (const [i, id] of embedded.gallery('val', 'dress').slice(0, count).entries()) {
    const { width, height, data } = await embedded.image(id);
    const path = join(folder, nameOf(i));
    await mkdir(dirname(path), { recursive: true });
    await sharp(data, { raw: { width, height, channels: 3 } }).toFile(path);
  }
}
