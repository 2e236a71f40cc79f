import type { ImageInput } from '../config.ts';
import type { ResizeWindow } from './geometry.ts';
import type { RawImage } from './image.ts';
import { HALF, PRECISION, type Taps, tapsOf } from './taps.ts';

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
  const across = tapsOf(interpolation, width, { output: window.width, first: window.left, outputs: size });
  const down = tapsOf(interpolation, image.height, { output: window.height, first: window.top, outputs: size });
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
