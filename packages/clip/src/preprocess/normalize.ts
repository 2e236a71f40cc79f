import { CLIP_IMAGE, type ImageInput } from '../config.ts';

/** What images of a model are normalized with. */
type Normalization = Pick<ImageInput, 'mean' | 'std'>;

/**
 * `(value / 255 - mean) / std` for each value of each colour, rounded to 32 bits after every step as torchvision does.
 * @returns [3, 256]
 */
export function normalizationTable({ mean: means, std: deviations }: Normalization): Float32Array<ArrayBuffer> {
  const table = new Float32Array(3 * 256);
  for (let c = 0; c < 3; c++) {
    const mean = Math.fround(means[c]);
    const std = Math.fround(deviations[c]);
    for (let value = 0; value < 256; value++) {
      table[256 * c + value] = Math.fround(Math.fround(value / 255) - mean) / std;
    }
  }
  return table;
}

/**
 * Pixels looked up in a `normalizationTable`.
 *
 * @param pixels `[3, height, width]`, as `preprocess` returns them
 * @param out `[3, height, width]`, for instance one image's part of a batch; made if absent
 * @param image the means and deviations; OpenAI's unless given
 * @throws when the number of pixels is not three planes, or `out` has another length
 */
export function normalizePixels(
  pixels: Uint8Array,
  out = new Float32Array(pixels.length),
  image: Normalization = CLIP_IMAGE,
): Float32Array {
  if (pixels.length % 3 !== 0 || out.length !== pixels.length) {
    throw new RangeError(
      `normalizePixels: expected three planes and as many places for them, found ${pixels.length} and ${out.length}.`,
    );
  }
  const plane = pixels.length / 3;
  const table = normalizationTable(image);
  for (let c = 0; c < 3; c++) {
    for (let i = c * plane; i < (c + 1) * plane; i++) out[i] = table[256 * c + pixels[i]];
  }
  return out;
}
