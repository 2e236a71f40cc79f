import type { RawImage } from './image.ts';

/** Adds `horizontal` columns left and right and `vertical` rows above and below: black, or what PIL's mode makes of zeros. */
function pad(image: RawImage, horizontal: number, vertical: number): RawImage {
  if (horizontal === 0 && vertical === 0) return image;
  const { channels, padding = image.paletteFirst } = image;
  const width = image.width + 2 * horizontal;
  const height = image.height + 2 * vertical;
  const data = new Uint8Array(width * height * channels);
  if (padding?.some((value) => value !== 0)) {
    for (let i = 0; i < data.length; i++) data[i] = padding[i % channels];
  }
  const row = image.width * channels;
  for (let y = 0; y < image.height; y++) {
    data.set(image.data.subarray(y * row, (y + 1) * row), ((y + vertical) * width + horizontal) * channels);
  }
  return { ...image, width, height, data };
}

/** Pads the short side to (one less than) the long one. CLIP4Cir `data_utils.py`, `SquarePad`. */
export function squarePad(image: RawImage): RawImage {
  const { width, height } = image;
  const side = Math.max(width, height);
  return pad(image, Math.trunc((side - width) / 2), Math.trunc((side - height) / 2));
}

/**
 * Pads the short side until long / short is about `targetRatio`; leaves an image below that ratio alone.
 * CLIP4Cir `data_utils.py`, `TargetPad`.
 */
export function targetPad(image: RawImage, targetRatio: number): RawImage {
  const { width, height } = image;
  const long = Math.max(width, height);
  if (long / Math.min(width, height) < targetRatio) return image;
  const side = long / targetRatio;
  const half = (size: number) => Math.max(Math.trunc((side - size) / 2), 0);
  return pad(image, half(width), half(height));
}
