import { index, type NdArray, type OpCase, uniform } from '../../engine/case.ts';
import { constant } from '../../graph.ts';
import { resampleReference } from './resample.reference.ts';
import { type ResampleOptions, resample } from './resample.ts';

interface Sizes {
  readonly height: number;
  readonly width: number;
  readonly outputs: number;
  /** Pixels in a sum, at most. */
  readonly window: number;
}

/**
 * Taps over random windows of a line. Every third is a smoothing that adds up to one; the others overshoot, up or down,
 * so that sums must be clamped.
 */
function randomTaps(length: number, { outputs, window }: Sizes): NdArray {
  const random = uniform(5);
  const stride = 2 + window;
  const data = new Float64Array(outputs * stride);
  for (let i = 0; i < outputs; i++) {
    const count = 1 + Math.floor(random() * Math.min(window, length));
    const total = [1, 1.4, -0.4][i % 3];
    data[i * stride] = Math.floor(random() * (length - count + 1));
    data[i * stride + 1] = count;
    for (let k = 0; k < count; k++) {
      const weight = Math.trunc(((total + (k % 2 === 0 ? 0.3 : -0.3) * (count - 1)) / count) * 2 ** 22);
      data[i * stride + 2 + k] = weight < 0 ? weight + 2 ** 32 : weight;
    }
  }
  return { shape: [outputs, stride], data };
}

const resampleCase = (sizes: Sizes, options: ResampleOptions): OpCase => {
  const { height, width, outputs, window } = sizes;
  const taps = randomTaps(options.axis === 1 ? width : height, sizes);
  const { lines = options.axis === 1 ? height : width, firstLine = 0 } = options;
  const part = options.lines ? `, ${lines} lines from ${firstLine} on` : '';
  return {
    name: `${height} x ${width}, ${window} to ${outputs} ${['down', 'across'][options.axis]}${part}${options.premultiplies ? ', premultiplied' : ''}`,
    inputs: [index([height, width], 2 ** 32)],
    op: (pixels) => resample(pixels, constant(Uint32Array.from(taps.data), taps.shape), options),
    reference: (pixels) => resampleReference(pixels, taps, options),
    tolerance: 1e-11, // to the bit, also of the lowest channel of a word
    flops: 8 * outputs * window * lines,
  };
};

export const cases = ([0, 1] as const).flatMap((axis) => [
  resampleCase({ height: 1, width: 1, outputs: 1, window: 1 }, { axis }),
  resampleCase({ height: 1, width: 1, outputs: 7, window: 3 }, { axis, premultiplies: true }),
  resampleCase({ height: 13, width: 29, outputs: 5, window: 9 }, { axis }),
  resampleCase({ height: 13, width: 29, outputs: 31, window: 4 }, { axis, premultiplies: true }),
  resampleCase({ height: 2, width: 301, outputs: 3, window: 120 }, { axis }),
  resampleCase({ height: 301, width: 2, outputs: 3, window: 120 }, { axis, premultiplies: true }),
  resampleCase({ height: 21, width: 17, outputs: 8, window: 5 }, { axis, firstLine: 3, lines: 11 }),
]);

export const benchmarks = [
  resampleCase({ height: 1080, width: 1920, outputs: 224, window: 35 }, { axis: 1, premultiplies: true }),
  resampleCase({ height: 1080, width: 224, outputs: 224, window: 21 }, { axis: 0 }),
];
