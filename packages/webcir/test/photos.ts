import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openEmbeddedFromPackage } from '@webcir/data/node';
import sharp from 'sharp';

/** Writes images of the embedded data set into a folder and one below it: 0.png, below/1.png, 2.png, … */
export async function writePhotos(folder: string, count: number): Promise<void> {
  const embedded = await openEmbeddedFromPackage();
  await mkdir(join(folder, 'below'), { recursive: true });
  for (const [i, id] of embedded.gallery('val', 'dress').slice(0, count).entries()) {
    const { width, height, data } = await embedded.image(id);
    const png = sharp(data, { raw: { width, height, channels: 3 } }).png();
    await writeFile(join(folder, `${i % 2 ? 'below/' : ''}${i}.png`), await png.toBuffer());
  }
}
