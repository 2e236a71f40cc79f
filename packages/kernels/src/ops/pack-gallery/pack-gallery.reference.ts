import { type NdArray, zeros } from '../../engine/case.ts';

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

export function packGalleryReference({ shape: [rows, dim], data }: NdArray, storage: 'f32' | 'f16'): NdArray {
  const panels = Math.ceil(rows / panelRows);
  const y = zeros([panels, dim, storage === 'f16' ? panelRows / 2 : panelRows]);
  for (let panel = 0; panel < panels; panel++) {
    for (let k = 0; k < dim; k++) {
      const value = (row: number) => data[Math.min(panel * panelRows + row, rows - 1) * dim + k];
      const bits = (row: number) => halfBits(toHalf(value(row)));
      const width = y.shape[2];
      for (let i = 0; i < width; i++) {
        y.data[(panel * dim + k) * width + i] = storage === 'f16' ? bits(2 * i) + bits(2 * i + 1) * 65536 : value(i);
      }
    }
  }
  return y;
}
