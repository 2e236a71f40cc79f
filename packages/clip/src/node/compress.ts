import type { RawImage } from '../preprocess/image.ts';
import { loadSharp } from './sharp.ts';

/** The kind of file that `compressImage` makes. */
export interface CompressOptions {
  /** JPEG is written at the highest quality, without subsampling. */
  readonly format: 'png' | 'jpeg';
  /** Limit in pixels for width and height: larger images are scaled down to it. */
  readonly maxSide?: number;
}

/**
 * The bytes of an image file, as a page or `decodeImage` reads them.
 * @throws MissingPackageError without sharp
 */
export async function compressImage(
  { width, height, channels, data }: RawImage,
  { format, maxSide = Number.POSITIVE_INFINITY }: CompressOptions,
): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const raw = sharp(data, { raw: { width, height, channels } });
  const scaled = Math.max(width, height) > maxSide ? raw.resize(maxSide, maxSide, { fit: 'inside' }) : raw;
  const file =
    format === 'png' ? scaled.png({ compressionLevel: 9 }) : scaled.jpeg({ quality: 100, chromaSubsampling: '4:4:4' });
  return file.toBuffer();
}
