import { channelsLast } from '@webcir/clip';

/** The pictures of a batch: their features where the image encoder is frozen, their pixels where it is not. */
export type PictureBatch =
  /** [batch, embed] each. */
  | { readonly kind: 'features'; readonly reference: Float32Array; readonly target: Float32Array }
  /** Normalized planes [3, size, size] of each picture. */
  | { readonly kind: 'pixels'; readonly reference: readonly Float32Array[]; readonly target: readonly Float32Array[] };

/**
 * Pictures as the image encoder reads them.
 * @param pictures normalized planes [3, size, size] of each
 * @returns [pictures, size, size, 3]
 */
export function packPixels(pictures: readonly Float32Array[], size: number): Float32Array {
  const pictureSize = size * size * 3;
  const pixels = new Float32Array(pictures.length * pictureSize);
  for (const [index, planes] of pictures.entries()) {
    channelsLast(planes, size, pixels.subarray(index * pictureSize, (index + 1) * pictureSize));
  }
  return pixels;
}
