import type { RawImage } from './image.ts';

/** Sizes of an image in pixels. */
export type Size = Pick<RawImage, 'width' | 'height'>;

/** Columns that are added left and right of an image, and rows above and below. */
export interface Margins {
  readonly horizontal: number;
  readonly vertical: number;
}

/** Pads the short side to (one less than) the long one. CLIP4Cir `data_utils.py`, `SquarePad`. */
export function squareMargins({ width, height }: Size): Margins {
  const side = Math.max(width, height);
  const half = (size: number) => Math.trunc((side - size) / 2);
  return { horizontal: half(width), vertical: half(height) };
}

/**
 * Pads the short side until long / short is about `targetRatio`; leaves an image below that ratio alone.
 * CLIP4Cir `data_utils.py`, `TargetPad`.
 */
export function targetMargins({ width, height }: Size, targetRatio: number): Margins {
  const long = Math.max(width, height);
  if (long / Math.min(width, height) < targetRatio) return { horizontal: 0, vertical: 0 };
  const side = long / targetRatio;
  const half = (size: number) => Math.max(Math.trunc((side - size) / 2), 0);
  return { horizontal: half(width), vertical: half(height) };
}

/** Adds margins: black, or what PIL's mode makes of zeros. */
export function pad(image: RawImage, { horizontal, vertical }: Margins): RawImage {
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
