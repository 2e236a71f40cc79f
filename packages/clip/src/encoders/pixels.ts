/**
 * Turns planes into the encoders' layout.
 * @param planes [3, size, size], as `normalizePixels` gives them
 * @param out where [size, size, 3] goes: one image's part of a batch
 * @param mirrored flips left and right
 */
export function channelsLast(planes: Float32Array, size: number, out: Float32Array, mirrored = false): void {
  const plane = size * size;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const from = y * size + (mirrored ? size - 1 - x : x);
      const to = 3 * (y * size + x);
      for (let c = 0; c < 3; c++) out[to + c] = planes[c * plane + from];
    }
  }
}
