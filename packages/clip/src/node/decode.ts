import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { Picture } from '../preprocess/picture.ts';
import { readPngHeader } from './png.ts';

/** Of interleaved pixels, the first `kept` of `channels` values each. */
function firstChannels(data: Uint8Array, channels: number, kept: number): Uint8Array {
  if (kept === channels) return data;
  const out = new Uint8Array((data.length / channels) * kept);
  for (let from = 0, to = 0; from < data.length; from += channels) {
    for (let c = 0; c < kept; c++) out[to++] = data[from + c];
  }
  return out;
}

/**
 * Decodes a picture as PIL opens it: no EXIF rotation, no colour profile, the first frame, in the file's own mode as far
 * as CLIP's preprocessing depends on it (grey, RGB, alpha, and for PNG palettes and 1-bit pixels).
 *
 * Differs from PIL for GIF palettes (taken as RGB), 16-bit grey PNG (scaled to 8 bits, where PIL's conversion saturates)
 * and CMYK JPEG (converted to RGB before the resize instead of after it).
 *
 * @param source a file's path, or its bytes
 * @param name what errors call the picture, if `source` is bytes
 * @throws Error when the file cannot be read or decoded, naming it
 */
export async function decodePicture(source: string | Uint8Array, name = 'picture'): Promise<Picture> {
  const label = typeof source === 'string' ? source : name;
  try {
    const file = typeof source === 'string' ? await readFile(source) : source;
    const png = readPngHeader(file);
    const image = sharp(file, { ignoreIcc: true });
    const { space } = await image.metadata();
    const isGrey = space === 'b-w' || space === 'grey16';
    const { data, info } = await image
      .toColourspace(isGrey ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (!png) return { width, height, channels: channels as Picture['channels'], data };
    // A transparent colour (tRNS) is no alpha channel to PIL, but one to libvips.
    const kept = ({ 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 } as const)[png.colorType] ?? (channels as Picture['channels']);
    const picture = { width, height, channels: kept, data: firstChannels(data, channels, kept) };
    if (png.colorType === 3) return { ...picture, paletteFirst: png.paletteFirst };
    if (png.bitDepth === 1) return { ...picture, paletteFirst: [0] };
    return picture;
  } catch (cause) {
    throw new Error(
      `${label}: cannot be read as a picture: ${(cause as Error).message} ` +
        'Expected a whole JPEG, PNG, WebP or another format that sharp decodes; get the file again, or leave it out.',
      { cause },
    );
  }
}
