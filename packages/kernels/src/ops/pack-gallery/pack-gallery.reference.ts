import { type NdArray, zeros } from '../../engine/case.ts';
import type { GalleryStorage } from './pack-gallery.ts';

const panelRows = 64;

/** Rounded to eleven bits, ties to even; then 0 below the smallest normal half, and the largest half above it. */
export function toHalf(value: number): number {
  const ulp = 2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - 10);
  const lower = Math.floor(Math.abs(value) / ulp);
  const rest = Math.abs(value) / ulp - lower;
  const rounded = ulp * (rest > 0.5 || (rest === 0.5 && lower % 2 === 1) ? lower + 1 : lower);
  return Math.sign(value) * (rounded < 2 ** -14 ? 0 : Math.min(rounded, 65504));
}

/** The bits of a value that is a half. */
function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  if (value === 0) return sign;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  return sign + (exponent + 15) * 1024 + (Math.abs(value) / 2 ** exponent - 1) * 1024;
}

/** Rounded to a whole number, ties to even, from -127 to 127. */
export function toByte(value: number): number {
  const lower = Math.floor(value);
  const rest = value - lower;
  const rounded = rest > 0.5 || (rest === 0.5 && lower % 2 !== 0) ? lower + 1 : lower;
  return Math.max(-127, Math.min(127, rounded));
}

/** Values as a gallery keeps them. */
export const asStored = (value: number, storage: GalleryStorage): number =>
  storage === 'f32' ? value : storage === 'f16' ? toHalf(value) : toByte(value);

export function packGalleryReference({ shape: [rows, dim], data }: NdArray, storage: GalleryStorage): NdArray {
  const panels = Math.ceil(rows / panelRows);
  const width = { f32: panelRows, f16: panelRows / 2, i8: panelRows / 4 }[storage];
  const y = zeros([panels, dim, width]);
  for (let panel = 0; panel < panels; panel++) {
    for (let k = 0; k < dim; k++) {
      const value = (row: number) => data[Math.min(panel * panelRows + row, rows - 1) * dim + k];
      const bits = (row: number) => halfBits(toHalf(value(row)));
      const byte = (row: number) => (toByte(value(row)) + 256) % 256;
      for (let i = 0; i < width; i++) {
        if (storage === 'f32') y.data[(panel * dim + k) * width + i] = value(i);
        else if (storage === 'f16') y.data[(panel * dim + k) * width + i] = bits(2 * i) + bits(2 * i + 1) * 65536;
        else {
          // Eight rows of this dimension, two words, stand beside those of the next or the last one.
          const at = (panel * dim + k - (k % 2)) * width + 4 * Math.floor(i / 2) + 2 * (k % 2) + (i % 2);
          y.data[at] = [3, 2, 1, 0].reduce((word, j) => word * 256 + byte(4 * i + j), 0);
        }
      }
    }
  }
  return y;
}
