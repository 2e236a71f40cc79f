// The layers of CLIP in plain loops and float64, written from their definitions (PyTorch's), one sequence or image at a
// time. Rows are [count, width] in one array, images are PyTorch's planes: nothing here is laid out as the encoders'
// kernels want it.

/** Values of a weight; in double precision where a derivative is taken by differences. */
export type Values = Float32Array | Float64Array;

export interface Planes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** [channels, height, width] */
  readonly data: Float64Array;
}

/**
 * The scalar products of every row of a with every row of b, 2 x 4 at a time for speed: y[i, j] = a[i] . b[j].
 * @param columns rows of b, a multiple of 4
 */
function products(a: Float64Array, b: Values, rows: number, columns: number, inner: number): Float64Array {
  const y = new Float64Array(rows * columns);
  for (let j = 0; j < columns; j += 4) {
    const [b0, b1, b2, b3] = [j * inner, (j + 1) * inner, (j + 2) * inner, (j + 3) * inner];
    for (let i = 0; i < rows; i += 2) {
      const next = Math.min(i + 1, rows - 1); // an odd last row is done twice
      const [a0, a1] = [i * inner, next * inner];
      let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
      for (let k = 0; k < inner; k++) {
        const u = a[a0 + k];
        const v = a[a1 + k];
        const w0 = b[b0 + k];
        const w1 = b[b1 + k];
        const w2 = b[b2 + k];
        const w3 = b[b3 + k];
        s00 += u * w0;
        s01 += u * w1;
        s02 += u * w2;
        s03 += u * w3;
        s10 += v * w0;
        s11 += v * w1;
        s12 += v * w2;
        s13 += v * w3;
      }
      y.set([s00, s01, s02, s03], i * columns + j);
      y.set([s10, s11, s12, s13], next * columns + j);
    }
  }
  return y;
}

/** x weight^T + bias of rows x. @param weight [out, in] */
export function linear(x: Float64Array, weight: Values, bias: Values): Float64Array {
  const out = bias.length;
  const inner = weight.length / out;
  return products(x, weight, x.length / inner, out, inner).map((value, i) => value + bias[i % out]);
}

/** One row x times a matrix [in, out]. */
export function project(x: Float64Array, matrix: Values): Float64Array {
  const out = matrix.length / x.length;
  return Float64Array.from({ length: out }, (_, j) =>
    x.reduce((sum, value, k) => sum + value * matrix[k * out + j], 0),
  );
}

export const add = (x: Float64Array, y: ArrayLike<number>): Float64Array => x.map((value, i) => value + y[i]);

/** The error function by a series of positive terms (Abramowitz and Stegun 7.1.6): nothing cancels. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = 0;
  for (let n = 1; sum + term !== sum; n++) {
    sum += term;
    term *= (2 * x * x) / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const gelu = (x: Float64Array): Float64Array => x.map((value) => 0.5 * value * (1 + erf(value / Math.SQRT2)));

export const geluTanh = (x: Float64Array): Float64Array =>
  x.map((value) => 0.5 * value * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (value + 0.044715 * value ** 3))));

export const quickGelu = (x: Float64Array): Float64Array => x.map((value) => value / (1 + Math.exp(-1.702 * value)));

/** Every row of x to mean 0 and variance 1, then times weight plus bias. */
export function layernorm(x: Float64Array, weight: Values, bias: Values, epsilon = 1e-5): Float64Array {
  const width = weight.length;
  const y = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    const row = x.subarray(start, start + width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    for (let i = 0; i < width; i++)
      y[start + i] = ((row[i] - mean) / Math.sqrt(variance + epsilon)) * weight[i] + bias[i];
  }
  return y;
}

/**
 * Attention: each query takes the average of the values, weighted by the softmax of its products with the keys.
 * @param causal query i sees the keys up to i only
 */
export function attend(
  queries: Float64Array,
  keys: Float64Array,
  values: Float64Array,
  width: number,
  { heads = width / 64, causal = false } = {},
): Float64Array {
  const y = new Float64Array(queries.length);
  const head = width / heads;
  for (let from = 0; from < width; from += head) {
    for (let query = 0; query * width < queries.length; query++) {
      const at = query * width + from;
      const seen = causal ? query + 1 : keys.length / width;
      const scores = Float64Array.from({ length: seen }, (_, key) => {
        let product = 0;
        for (let i = 0; i < head; i++) product += queries[at + i] * keys[key * width + from + i];
        return product / Math.sqrt(head);
      });
      const largest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - largest));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const [key, weight] of weights.entries()) {
        for (let i = 0; i < head; i++) y[at + i] += (weight / total) * values[key * width + from + i];
      }
    }
  }
  return y;
}

/** Convolution without bias. @param weight [out, channels, kernel, kernel], with out a multiple of 4 */
export function convolve(x: Planes, weight: Values, out: number, stride = 1, padding = 0): Planes {
  const inner = weight.length / out;
  const kernel = Math.sqrt(inner / x.channels);
  const height = Math.floor((x.height + 2 * padding - kernel) / stride) + 1;
  const width = Math.floor((x.width + 2 * padding - kernel) / stride) + 1;
  const pixels = height * width;
  const data = new Float64Array(out * pixels);
  const tile = 16; // pixels whose patches fit the cache beside four rows of the weight
  for (let start = 0; start < pixels; start += tile) {
    const count = Math.min(tile, pixels - start);
    const patches = new Float64Array(count * inner); // zeros are the padding
    for (let i = 0; i < count; i++) {
      const top = Math.floor((start + i) / width) * stride - padding;
      const left = ((start + i) % width) * stride - padding;
      let to = i * inner;
      for (let c = 0; c < x.channels; c++) {
        for (let ky = 0; ky < kernel; ky++) {
          for (let kx = 0; kx < kernel; kx++, to++) {
            const [row, column] = [top + ky, left + kx];
            if (row < 0 || row >= x.height || column < 0 || column >= x.width) continue;
            patches[to] = x.data[(c * x.height + row) * x.width + column];
          }
        }
      }
    }
    const y = products(patches, weight, count, out, inner);
    for (let i = 0; i < count; i++) for (let c = 0; c < out; c++) data[c * pixels + start + i] = y[i * out + c];
  }
  return { channels: out, height, width, data };
}

/** `change` of every value, with its channel. */
export function mapPlanes(x: Planes, change: (value: number, channel: number) => number): Planes {
  const pixels = x.height * x.width;
  const data = new Float64Array(x.data.length);
  for (let c = 0; c < x.channels; c++) {
    for (let i = c * pixels; i < (c + 1) * pixels; i++) data[i] = change(x.data[i], c);
  }
  return { ...x, data };
}

export const relu = (x: Planes): Planes => mapPlanes(x, (value) => Math.max(value, 0));

/** The mean of every square of `size` pixels. */
export function averagePool(x: Planes, size: number): Planes {
  const height = Math.floor(x.height / size);
  const width = Math.floor(x.width / size);
  const data = new Float64Array(x.channels * height * width);
  for (let c = 0; c < x.channels; c++) {
    for (let row = 0; row < height * size; row++) {
      for (let column = 0; column < width * size; column++) {
        const to = (c * height + Math.floor(row / size)) * width + Math.floor(column / size);
        data[to] += x.data[(c * x.height + row) * x.width + column] / size ** 2;
      }
    }
  }
  return { channels: x.channels, height, width, data };
}

export function concat(x: ArrayLike<number>, y: ArrayLike<number>): Float64Array {
  const both = new Float64Array(x.length + y.length);
  both.set(x);
  both.set(y, x.length);
  return both;
}

/** Pixels as rows of channels: [channels, height, width] -> [height * width, channels]. */
export function rowsOf({ channels, height, width, data }: Planes): Float64Array {
  const pixels = height * width;
  return data.map((_, i) => data[(i % channels) * pixels + Math.floor(i / channels)]);
}
