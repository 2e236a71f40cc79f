import { channelsLast } from '@webcir/clip';

/** The images of a batch: their features where the image encoder is frozen, their pixels where it is not. */
export type ImageBatch =
  /** [batch, embed] each. */
  | { readonly kind: 'features'; readonly reference: Float32Array; readonly target: Float32Array }
  /** Normalized planes [3, size, size] of each image. */
  | { readonly kind: 'pixels'; readonly reference: readonly Float32Array[]; readonly target: readonly Float32Array[] };

/**
 * Images as the image encoder reads them.
 * @param images normalized planes [3, size, size] of each
 * @returns [images, size, size, 3]
 */
export function packPixels(images: readonly Float32Array[], size: number): Float32Array {
  const imageSize = size * size * 3;
  const pixels = new Float32Array(images.length * imageSize);
  for (const [index, planes] of images.entries()) {
    channelsLast(planes, size, pixels.subarray(index * imageSize, (index + 1) * imageSize));
  }
  return pixels;
}
