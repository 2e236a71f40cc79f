/** Means of red, green and blue that every published CLIP normalizes with. */
export const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073] as const;

/** Standard deviations of red, green and blue that every published CLIP normalizes with. */
export const CLIP_STD = [0.26862954, 0.26130258, 0.27577711] as const;

/**
 * `(pixel / 255 - mean) / std` for each colour, rounded to 32 bits after every step as torchvision does.
 *
 * @param pixels `[3, height, width]`, as `preprocess` returns them
 * @param out `[3, height, width]`, for instance one image's part of a batch; made if absent
 * @throws when the number of pixels is not three planes, or `out` has another length
 */
export function normalizePixels(pixels: Uint8Array, out = new Float32Array(pixels.length)): Float32Array {
  if (pixels.length % 3 !== 0 || out.length !== pixels.length) {
    throw new RangeError(
      `normalizePixels: expected three planes and as many places for them, found ${pixels.length} and ${out.length}.`,
    );
  }
  const plane = pixels.length / 3;
  const table = new Float32Array(256);
  for (let c = 0; c < 3; c++) {
    const mean = Math.fround(CLIP_MEAN[c]);
    const std = Math.fround(CLIP_STD[c]);
    for (let value = 0; value < 256; value++) table[value] = Math.fround(Math.fround(value / 255) - mean) / std;
    for (let i = c * plane; i < (c + 1) * plane; i++) out[i] = table[pixels[i]];
  }
  return out;
}
