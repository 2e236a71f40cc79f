import type { RawImage } from '../preprocess/image.ts';
import { loadSharp } from './sharp.ts';

/** How the pictures of an atlas are laid out. */
export interface AtlasOptions {
  /** Width and height of each picture's square, in pixels. */
  readonly tile: number;
  /** Squares in a row. */
  readonly columns: number;
}

/**
 * Many images as one WebP file, row by row in equal squares: each is scaled to fit, and stands in the middle of its
 * square on white. They are asked for one after another, so that only the atlas is held in memory.
 * @throws MissingPackageError without sharp; RangeError where there is no image
 */
export async function compressAtlas(
  images: Iterable<() => Promise<RawImage>>,
  { tile, columns }: AtlasOptions,
): Promise<Uint8Array> {
  const all = [...images];
  if (all.length === 0) throw new RangeError('atlas: expected at least one image, found none');
  const sharp = await loadSharp();
  const [width, height] = [tile * Math.min(columns, all.length), tile * Math.ceil(all.length / columns)];
  const pixels = new Uint8Array(width * height * 3).fill(255);
  for (const [i, image] of all.entries()) {
    const { width: wide, height: high, channels, data } = await image();
    const square = await sharp(data, { raw: { width: wide, height: high, channels } })
      .flatten({ background: '#fff' })
      .toColourspace('srgb')
      .resize(tile, tile, { fit: 'contain', background: '#fff' })
      .raw()
      .toBuffer();
    const [left, top] = [tile * (i % columns), tile * Math.floor(i / columns)];
    for (let row = 0; row < tile; row++) {
      const line = square.subarray(3 * tile * row, 3 * tile * (row + 1));
      pixels.set(line, 3 * (width * (top + row) + left));
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .webp({ quality: 82 })
    .toBuffer();
}
