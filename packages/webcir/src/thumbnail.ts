import { type AtlasOptions, compressAtlas, compressImage } from '@webcir/clip/node';
import type { CirDataset } from '@webcir/data';

/** An image of a data set for a page: a PNG data URI, at most `size` pixels wide and high. */
export async function dataUriOf(dataset: CirDataset, id: string, size: number): Promise<string> {
  const png = await compressImage(await dataset.image(id), { format: 'png', maxSide: size });
  return `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
}

/** Images of a data set as one, for a page: a WebP data URI. */
export async function atlasOf(dataset: CirDataset, ids: readonly string[], options: AtlasOptions): Promise<string> {
  const webp = await compressAtlas(
    ids.map((id) => () => dataset.image(id)),
    options,
  );
  return `data:image/webp;base64,${Buffer.from(webp).toString('base64')}`;
}
