import type { RawImage } from './image.ts';

/** Colours times alpha, rounded as Pillow does (`rgbA2rgba`, `Convert.c`). Alpha is the last channel. */
export function premultiply(image: RawImage): RawImage {
  const { channels } = image;
  const data = new Uint8Array(image.data);
  for (let i = 0; i < data.length; i += channels) {
    const alpha = data[i + channels - 1];
    for (let c = 0; c < channels - 1; c++) {
      const product = data[i + c] * alpha + 128;
      data[i + c] = ((product >> 8) + product) >> 8;
    }
  }
  return { ...image, data };
}

/**
 * Colours divided by alpha again (`rgba2rgbA`, `Convert.c`), in place.
 *
 * @param planes `[channels, pixels]`, the last plane alpha
 */
export function unpremultiply(planes: Uint8ClampedArray, channels: number): void {
  const pixels = planes.length / channels;
  const alphas = planes.subarray((channels - 1) * pixels);
  for (let c = 0; c < channels - 1; c++) {
    for (let i = 0; i < pixels; i++) {
      const alpha = alphas[i];
      if (alpha === 0 || alpha === 255) continue;
      planes[c * pixels + i] = Math.trunc((255 * planes[c * pixels + i]) / alpha);
    }
  }
}

/** Interleaved RGBA without its alpha. */
export function dropAlpha(rgba: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
  return rgb;
}
