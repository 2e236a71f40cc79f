import type { ImageInput } from '../config.ts';
import type { RawImage } from './image.ts';

/** A resize to `width` x `height` of which only `size` x `size` pixels from (`left`, `top`) on are wanted. */
export interface ResizeWindow {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly top: number;
  readonly size: number;
}

/**
 * Fraction bits of the weights: 8-bit values and their sums fit 32 bits, two kept for overshoot (Pillow `Resample.c`).
 */
const PRECISION = 32 - 8 - 2;
const HALF = 1 << (PRECISION - 1);

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

interface Taps {
  /** First input position of each output position. */
  readonly start: Int32Array;
  /** Number of input positions of each output. */
  readonly count: Int32Array;
  /** `[outputs, stride]` fixed-point weights. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** Weights of outputs `first` to `first + count - 1` when `input` values become `output` (`precompute_coeffs`). */
function taps(filter: Filter, input: number, output: number, first: number, outputs: number): Taps {
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

/** Interleaved values, and where in them a row and a channel begin. */
interface Line {
  readonly data: ArrayLike<number>;
  readonly offset: number;
  readonly channels: number;
}

/** Resizes one channel of a line into `out` from `at` on. The sums stay below 2^31, so that they are exact. */
function resizeLine({ data, offset, channels }: Line, across: Taps, out: Uint8ClampedArray, at: number): void {
  const { start, count, weights, stride } = across;
  for (let x = 0; x < start.length; x++) {
    const end = x * stride + count[x];
    let source = offset + start[x] * channels;
    let sum = HALF;
    for (let tap = x * stride; tap < end; tap++) {
      sum += data[source] * weights[tap];
      source += channels;
    }
    out[at + x] = sum >> PRECISION;
  }
}

/** `resizeLine` for three neighbouring channels at once, into planes `plane` apart: twice as fast. */
function resizeLine3(line: Line, across: Taps, out: Uint8ClampedArray, at: number, plane: number): void {
  const { data, offset, channels } = line;
  const { start, count, weights, stride } = across;
  for (let x = 0; x < start.length; x++) {
    const end = x * stride + count[x];
    let source = offset + start[x] * channels;
    let red = HALF;
    let green = HALF;
    let blue = HALF;
    for (let tap = x * stride; tap < end; tap++) {
      const weight = weights[tap];
      red += data[source] * weight;
      green += data[source + 1] * weight;
      blue += data[source + 2] * weight;
      source += channels;
    }
    out[at + x] = red >> PRECISION;
    out[at + plane + x] = green >> PRECISION;
    out[at + 2 * plane + x] = blue >> PRECISION;
  }
}

/**
 * Pillow's antialiased resize of 8-bit channels, bit for bit: fixed-point weights, first along the rows, rounded to 8
 * bits, then along the columns (`ImagingResample`, `Resample.c`).
 *
 * @returns `[channels, size, size]`: the window, one plane a channel
 */
export function resizeSmooth(
  image: RawImage,
  window: ResizeWindow,
  interpolation: ImageInput['interpolation'],
): Uint8ClampedArray {
  const { data, channels, width } = image;
  const { size } = window;
  const filter = FILTERS[interpolation];
  const across = taps(filter, width, window.width, window.left, size);
  const down = taps(filter, image.height, window.height, window.top, size);
  const firstRow = down.start[0];
  const rows = down.start[size - 1] + down.count[size - 1] - firstRow;

  const narrow = new Uint8ClampedArray(channels * rows * size);
  for (let y = 0; y < rows; y++) {
    const offset = (firstRow + y) * width * channels;
    const alone = channels >= 3 ? 3 : 0;
    if (alone === 3) resizeLine3({ data, offset, channels }, across, narrow, y * size, rows * size);
    for (let c = alone; c < channels; c++) {
      resizeLine({ data, offset: offset + c, channels }, across, narrow, (c * rows + y) * size);
    }
  }

  const out = new Uint8ClampedArray(channels * size * size);
  const sums = new Int32Array(size);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < size; y++) {
      sums.fill(HALF);
      for (let k = 0; k < down.count[y]; k++) {
        const weight = down.weights[y * down.stride + k];
        const line = (c * rows + down.start[y] + k - firstRow) * size;
        for (let x = 0; x < size; x++) sums[x] += narrow[line + x] * weight;
      }
      for (let x = 0; x < size; x++) out[(c * size + y) * size + x] = sums[x] >> PRECISION;
    }
  }
  return out;
}

/** Input position of every output position, by Pillow's running sum (`ImagingScaleAffine`, `Geometry.c`). */
function nearestPositions(input: number, output: number): Int32Array {
  const scale = input / output;
  const positions = new Int32Array(output);
  let position = scale * 0.5;
  for (let i = 0; i < output; i++) {
    positions[i] = Math.min(Math.trunc(position), input - 1);
    position += scale;
  }
  return positions;
}

/** Pillow's nearest-neighbour resize. @returns `[channels, size, size]`: the window, one plane per channel */
export function resizeNearest(image: RawImage, window: ResizeWindow): Uint8ClampedArray {
  const { data, channels, width } = image;
  const { size, left, top } = window;
  const columns = nearestPositions(width, window.width);
  const lines = nearestPositions(image.height, window.height);
  const out = new Uint8ClampedArray(channels * size * size);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < size; y++) {
      const line = lines[top + y] * width;
      for (let x = 0; x < size; x++) {
        out[(c * size + y) * size + x] = data[(line + columns[left + x]) * channels + c];
      }
    }
  }
  return out;
}
