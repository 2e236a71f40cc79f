import type { ImageInput } from '../config.ts';

/**
 * Fraction bits of the weights: 8-bit values and their sums fit 32 bits, two kept for overshoot (Pillow `Resample.c`).
 */
export const PRECISION = 32 - 8 - 2;

/** A half of the last bit that is kept: added before a sum is cut, it rounds. */
export const HALF = 1 << (PRECISION - 1);

/** Keys' cubic convolution kernel with a = -0.5; zero from |x| = 2 on. */
function bicubic(distance: number): number {
  const a = -0.5;
  const x = Math.abs(distance);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/** The triangle of linear interpolation; zero from |x| = 1 on. */
const bilinear = (distance: number): number => Math.max(1 - Math.abs(distance), 0);

/** A filter of Pillow's (`Resample.c`), and the distance from which it is zero. */
interface Filter {
  readonly support: number;
  weight(distance: number): number;
}

const FILTERS: Record<ImageInput['interpolation'], Filter> = {
  bicubic: { support: 2, weight: bicubic },
  bilinear: { support: 1, weight: bilinear },
};

/** Weighted sums over neighbouring positions, one for each output position. */
export interface Taps {
  /** First input position of each output position. */
  readonly start: Int32Array;
  /** Number of input positions of each output. */
  readonly count: Int32Array;
  /** `[outputs, stride]` fixed-point weights. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** The part of a resized line that is wanted. */
interface Wanted {
  /** Length of the whole line. */
  readonly output: number;
  readonly first: number;
  readonly outputs: number;
}

/** Weights of the wanted outputs of a line of `input` values (`precompute_coeffs`). */
export function tapsOf(
  interpolation: ImageInput['interpolation'],
  input: number,
  { output, first, outputs }: Wanted,
): Taps {
  const filter = FILTERS[interpolation];
  const scale = input / output;
  const filterScale = Math.max(scale, 1);
  const support = filter.support * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const start = new Int32Array(outputs);
  const count = new Int32Array(outputs);
  const weights = new Int32Array(outputs * stride);
  const row = new Float64Array(stride);
  for (let i = 0; i < outputs; i++) {
    const center = (first + i + 0.5) * scale;
    const from = Math.max(Math.trunc(center - support + 0.5), 0);
    const taken = Math.min(Math.trunc(center + support + 0.5), input) - from;
    // Multiplying by the inverse instead of dividing, and the order of the sum, decide the last bits.
    const inverse = 1 / filterScale;
    let sum = 0;
    for (let k = 0; k < taken; k++) sum += row[k] = filter.weight((k + from - center + 0.5) * inverse);
    for (let k = 0; k < taken; k++) {
      const weight = (row[k] / sum) * (1 << PRECISION);
      weights[i * stride + k] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
    start[i] = from;
    count[i] = taken;
  }
  return { start, count, weights, stride };
}
