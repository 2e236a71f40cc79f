import { readFile } from 'node:fs/promises';
import { dropAlpha } from '../preprocess/alpha.ts';
import type { RawImage } from '../preprocess/image.ts';
import { readPngHeader } from './png.ts';
import { loadSharp } from './sharp.ts';

/**
 * Decodes an image as PIL opens it: no EXIF rotation, no colour profile, the first frame only. The result keeps the
 * file's own mode as far as CLIP's preprocessing depends on it: RGB (grey as three equal channels), RGBA, or, for PNG
 * palettes and 1-bit pixels, RGB with `paletteFirst`.
 *
 * Differs from PIL for GIF palettes (taken as RGB), 16-bit grey PNG (scaled to 8 bits, where PIL's conversion
 * saturates) and CMYK JPEG (converted to RGB before the resize instead of after it).
 *
 * @param source a file's path, or its bytes
 * @param name name of the image in errors, if `source` is bytes
 * @throws MissingPackageError without sharp; Error when the file cannot be read or decoded, naming it
 */
export async function decodeImage(source: string | Uint8Array, name = 'image'): Promise<RawImage> {
  const sharp = await loadSharp();
  const label = typeof source === 'string' ? source : name;
  try {
    const file = typeof source === 'string' ? await readFile(source) : source;
    const png = readPngHeader(file);
    const { data, info } = await sharp(file, { ignoreIcc: true })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    // libvips turns a transparent colour (tRNS) into an alpha channel, PIL does not.
    const hasAlpha = info.channels === 4 && (!png || png.colorType >= 4);
    const image: RawImage = hasAlpha
      ? { width, height, channels: 4, data }
      : { width, height, channels: 3, data: info.channels === 4 ? dropAlpha(data) : data };
    const isPalette = png && (png.colorType === 3 || png.bitDepth === 1);
    return isPalette ? { ...image, paletteFirst: png.paletteFirst } : image;
  } catch (cause) {
    throw new Error(
      `${label}: cannot be read as an image: ${(cause as Error).message} ` +
        'Expected a whole JPEG, PNG, WebP or another format that sharp decodes; get the file again, or leave it out.',
      { cause },
    );
  }
}
