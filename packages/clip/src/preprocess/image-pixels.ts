import { constant, leastAlpha, resample, reshape, type Tensor, unpackPixels } from '@webcir/kernels';
import { geometryOf } from './geometry.ts';
import { normalizationTable } from './normalize.ts';
import { type PreprocessOptions, wholeOptions } from './options.ts';
import { type Taps, tapsOf } from './taps.ts';

/**
 * What the fourth channel of packed pixels says: nothing; how opaque a colour is; or that, and colours are multiplied
 * by it already.
 */
export type Alpha = 'opaque' | 'straight' | 'premultiplied';

/**
 * An image on the device as the encoder takes it: `imagePlanes` as a graph, channels last, bit for bit.
 *
 * An image of which no pixel is transparent counts as one without alpha, as `decodeImage` has it in a page; Pillow's
 * margins around another one are transparent. Straight colours are multiplied by alpha, resized and divided again, as
 * Pillow does. Premultiplied ones skip the first step: they give the same bits if they were rounded as Pillow rounds, to
 * the nearest of 255ths, and were not clamped; an image of the encoder's size, which Pillow leaves alone, is divided too.
 * @param packed u32 [height, width]: red in the lowest byte, then green, blue and alpha
 * @returns [1, size, size, 3], normalized
 * @throws RangeError when an option is out of range, ShapeError
 */
export function imagePixels(packed: Tensor, alpha: Alpha, options: PreprocessOptions): Tensor {
  const whole = wholeOptions(options);
  const { size, interpolation } = whole;
  const [height, width] = packed.shape;
  const { margins, padded, window, isResized } = geometryOf({ width, height }, whole);
  const wanted = { outputs: size };
  const across = inside(
    tapsOf(interpolation, padded.width, { ...wanted, output: window.width, first: window.left }),
    margins.horizontal,
    width,
  );
  const down = inside(
    tapsOf(interpolation, padded.height, { ...wanted, output: window.height, first: window.top }),
    margins.vertical,
    height,
  );
  const firstLine = down.start[0];
  const lines = down.start[size - 1] + down.count[size - 1] - firstLine;
  const narrow = resample(packed, tableOf(across), {
    axis: 1,
    firstLine,
    lines,
    premultiplies: alpha === 'straight' && isResized,
  });
  const resized = resample(narrow, tableOf(down, firstLine), { axis: 0 });
  const isMultiplied = alpha === 'premultiplied' || (alpha === 'straight' && isResized);
  const table = constant(normalizationTable(whole), [3, 256]);
  const pixels = unpackPixels(resized, table, isMultiplied ? leastAlpha(packed) : undefined);
  return reshape(pixels, [1, size, size, 3]);
}

/**
 * Taps of a padded line, on the line without its margins. Margins are zeros, so that leaving them out leaves every sum
 * as it is, and no padded image has to be made.
 */
function inside({ start, count, weights, stride }: Taps, margin: number, length: number): Taps {
  const clamped = (position: number) => Math.min(Math.max(position - margin, 0), length);
  const from = start.map(clamped);
  const taken = count.map((taps, i) => clamped(start[i] + taps) - from[i]);
  const kept = new Int32Array(weights.length);
  for (const [i, first] of from.entries()) {
    const skipped = i * stride + first + margin - start[i];
    kept.set(weights.subarray(skipped, skipped + taken[i]), i * stride);
  }
  return { start: from, count: taken, weights: kept, stride };
}

/** Taps as `resample` takes them, on a line of which the first `skipped` positions are missing. */
function tableOf({ start, count, weights, stride }: Taps, skipped = 0): Tensor {
  const table = new Int32Array(start.length * (2 + stride));
  for (let i = 0; i < start.length; i++) {
    table.set([start[i] - skipped, count[i]], i * (2 + stride));
    table.set(weights.subarray(i * stride, (i + 1) * stride), i * (2 + stride) + 2);
  }
  return constant(new Uint32Array(table.buffer), [start.length, 2 + stride]);
}
