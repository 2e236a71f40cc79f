import { dropAlpha } from './alpha.ts';
import type { RawImage } from './image.ts';

const nameOf = (file: Blob): string => (file instanceof File ? file.name : 'image');

/**
 * Decodes an image file in a page with the platform's decoder, rotated as its EXIF data says. In Node, `decodeImage` of
 * the node entry takes its place.
 * @throws Error naming the file, if the platform cannot decode it
 */
export async function decodeImage(file: Blob, name = nameOf(file)): Promise<RawImage> {
  const bitmap = await decodeBitmap(file, name);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return isOpaque(data) ? { width, height, channels: 3, data: dropAlpha(data) } : { width, height, channels: 4, data };
}

/** The first half of `decodeImage`: an image whose pixels have not been read, to be closed. Throws as that does. */
export function decodeBitmap(file: Blob, name = nameOf(file)): Promise<ImageBitmap> {
  const options = { premultiplyAlpha: 'none', colorSpaceConversion: 'none' } as const;
  return createImageBitmap(file, options).catch((cause) => {
    throw new Error(`${name} is no image that can be decoded here: ${(cause as Error).message}`, { cause });
  });
}

function isOpaque(rgba: Uint8ClampedArray): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return false;
  return true;
}
