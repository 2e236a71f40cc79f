import sharp from 'sharp';

/** The widest atlas in tiles' pixels: every device has textures of this size. */
const MAX_WIDTH = 2048;
const QUALITY = 82;

/**
 * Images on one, row by row, each on a tile of one size.
 * @param {{ width: number, height: number, channels: number, data: Uint8Array }[]} images
 * @param {number} tile width and height in pixels
 * @returns {Promise<{ file: Buffer, columns: number }>} a WebP file
 */
export async function atlasFile(images, tile) {
  const columns = Math.min(Math.floor(MAX_WIDTH / tile), Math.ceil(Math.sqrt(images.length)));
  const width = columns * tile;
  const height = Math.ceil(images.length / columns) * tile;
  const placed = await Promise.all(
    images.map(async ({ width, height, channels, data }, i) => ({
      input: await sharp(data, { raw: { width, height, channels } })
        .resize(tile, tile, { fit: 'contain', background: 'white' })
        .png()
        .toBuffer(),
      left: tile * (i % columns),
      top: tile * Math.floor(i / columns),
    })),
  );
  const atlas = sharp({ create: { width, height, channels: 3, background: 'white' } }).composite(placed);
  return { file: await atlas.webp({ quality: QUALITY }).toBuffer(), columns };
}
