import { constant, divide, multiply, subtract, sum, type Tensor } from '@webcir/kernels';
import type { FeatureReader } from './gallery-shards.ts';

/**
 * What the bytes of a gallery stand for: a normalized feature is `offset + step * bytes`, dimension by dimension. So a
 * dimension in which all features are large, of which CLIP has some, costs the others nothing, and the kernels that read
 * bytes need to know of none of it: queries are scaled instead.
 */
export interface ByteScale {
  /** [width] */
  readonly offset: Float32Array;
  /** [width], above 0 */
  readonly step: Float32Array;
}

/** Rows that are looked at at once. */
const blockRows = 4096;

/**
 * The finest scale that holds all features of a gallery.
 * @param width values of a row on the device, `dim` or more: zeros fill it up
 */
export async function byteScaleOf({ size, read }: FeatureReader, dim: number, width: number): Promise<ByteScale> {
  const low = new Float64Array(dim).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(dim).fill(Number.NEGATIVE_INFINITY);
  for (let first = 0; first < size; first += blockRows) {
    const rows = await read(first, Math.min(blockRows, size - first));
    for (let start = 0; start < rows.length; start += dim) {
      let square = 0;
      for (let i = 0; i < dim; i++) square += rows[start + i] ** 2;
      const factor = square > 0 ? 1 / Math.sqrt(square) : 0;
      for (let i = 0; i < dim; i++) {
        const value = rows[start + i] * factor;
        if (value < low[i]) low[i] = value;
        if (value > high[i]) high[i] = value;
      }
    }
  }
  const offset = new Float32Array(width);
  const step = new Float32Array(width).fill(1);
  for (let i = 0; i < dim; i++) {
    offset[i] = (low[i] + high[i]) / 2;
    if (high[i] > low[i]) step[i] = (high[i] - low[i]) / 254;
  }
  return { offset, step };
}

/** @param rows [n, width], normalized @returns [n, width], to be rounded to bytes */
export function toBytes(rows: Tensor, { offset, step }: ByteScale): Tensor {
  return divide(subtract(rows, vector(offset)), vector(step));
}

/**
 * Queries such that their products with bytes, and `rest` [q, 1] added, are those with the features.
 * @param queries [q, width], normalized
 */
export function forBytes(queries: Tensor, { offset, step }: ByteScale): { scaled: Tensor; rest: Tensor } {
  return { scaled: multiply(queries, vector(step)), rest: sum(multiply(queries, vector(offset)), 'last') };
}

/**
 * How far a score of bytes may be from that of the features: eight standard deviations, taking the rounding of each
 * dimension for independent and even. No bound, but what never comes: the worst case, all roundings in the query's
 * direction, would be twenty times as far.
 * @param query [dim], raw or normalized
 */
export function byteTolerance(query: Float32Array, { step }: ByteScale): number {
  let [variance, square] = [0, 0];
  for (let i = 0; i < query.length; i++) {
    variance += (query[i] * step[i]) ** 2 / 12;
    square += query[i] ** 2;
  }
  return square > 0 ? 8 * Math.sqrt(variance / square) : 0;
}

const vector = (values: Float32Array): Tensor => constant(values, [values.length]);
