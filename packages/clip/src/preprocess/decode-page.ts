import { dropAlpha } from './alpha.ts';
import type { RawImage } from './image.ts';

/**
 * Decodes an image file in a page with the platform's decoder, rotated as its EXIF data says. In Node, `decodeImage` of
 * the node entry takes its place.
 * @throws Error naming the file, if the platform cannot decode it
 */
export async function decodeImage(file: Blob, name = file instanceof File ? file.name : 'image'): Promise<RawImage> {
  const options = { premultiplyAlpha: 'none', colorSpaceConversion: 'none' } as const;
  const bitmap = await createImageBitmap(file, options).catch((cause) => {
    throw new Error(`${name} is no image that can be decoded here: ${(cause as Error).message}`, { cause });
  });
  const image = drawnImage(bitmap, bitmap);
  bitmap.close();
  return image;
}

/** What a page shows images in. */
export type PageImage =
  | ImageBitmap
  | ImageData
  | HTMLImageElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | HTMLVideoElement
  | VideoFrame;

/** The pixels of what a page shows, in the size in which it is shown. */
export function drawnImage(
  source: PageImage,
  { width, height }: { readonly width: number; readonly height: number },
): RawImage {
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  if (source instanceof ImageData) context.putImageData(source, 0, 0);
  else context.drawImage(source, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return isOpaque(data) ? { width, height, channels: 3, data: dropAlpha(data) } : { width, height, channels: 4, data };
}

function isOpaque(rgba: Uint8ClampedArray): boolean {
  for (let i = 3; i < rgba.length; i += 4) if (rgba[i] !== 255) return false;
  return true;
}
