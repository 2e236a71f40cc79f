import type { Picture } from './picture.ts';

/** Adds `horizontal` columns left and right and `vertical` rows above and below: zeros, or palette entry 0. */
function pad(picture: Picture, horizontal: number, vertical: number): Picture {
  if (horizontal === 0 && vertical === 0) return picture;
  const { channels, paletteFirst } = picture;
  const width = picture.width + 2 * horizontal;
  const height = picture.height + 2 * vertical;
  const data = new Uint8Array(width * height * channels);
  if (paletteFirst?.some((value) => value !== 0)) {
    for (let i = 0; i < data.length; i++) data[i] = paletteFirst[i % channels];
  }
  const row = picture.width * channels;
  for (let y = 0; y < picture.height; y++) {
    data.set(picture.data.subarray(y * row, (y + 1) * row), ((y + vertical) * width + horizontal) * channels);
  }
  return { ...picture, width, height, data };
}

/** Pads the short side to (one less than) the long one. CLIP4Cir `data_utils.py`, `SquarePad`. */
export function squarePad(picture: Picture): Picture {
  const { width, height } = picture;
  const side = Math.max(width, height);
  return pad(picture, Math.trunc((side - width) / 2), Math.trunc((side - height) / 2));
}

/**
 * Pads the short side until long / short is about `targetRatio`; leaves a picture below that ratio alone.
 * CLIP4Cir `data_utils.py`, `TargetPad`.
 */
export function targetPad(picture: Picture, targetRatio: number): Picture {
  const { width, height } = picture;
  const long = Math.max(width, height);
  if (long / Math.min(width, height) < targetRatio) return picture;
  const side = long / targetRatio;
  const half = (size: number) => Math.max(Math.trunc((side - size) / 2), 0);
  return pad(picture, half(width), half(height));
}
