import { eigenvalues } from './eigenvalues.ts';
import type { Draw, Measurements, Prepared, Quantity } from './measure.ts';
import type { Space } from './space.ts';
import { meanRow, unitRows } from './vectors.ts';

/** Rows that a covariance is made of, at most: evenly spaced ones stand for more. */
const MAX_ROWS = 1500;
/** Principal components whose share of the variance is measured. */
export const COMPONENTS = 40;

/** A set of unit vectors, and where each stands among the rows that a draw counts. */
interface Sample {
  readonly name: string;
  readonly rows: Float64Array;
  readonly at: readonly number[];
  readonly over: keyof Draw;
}

/**
 * The spectrum of each set's unit vectors less their mean: its effective rank, and the share of the variance, in
 * percent, that each of the first principal components has. Both come from one decomposition for each resample, which
 * is most of the work of a study; `spectrumParts` tells them apart.
 */
export const spectrum: Quantity = {
  name: 'spectrum',
  maxResamples: 100,
  centred: true,
  prepare(space): Prepared {
    const samples = samplesOf(space);
    const components = Math.min(COMPONENTS, space.dim);
    return {
      of: samples.flatMap(({ name }) => [
        name,
        ...Array.from({ length: components }, (_, i) => componentName(name, i + 1)),
      ]),
      statistic: (draw) =>
        samples.flatMap((sample) => {
          const shares = varianceShares(sample, space.dim, draw);
          return [rankOf(shares), ...Array.from(shares.subarray(0, components), (share) => 100 * share)];
        }),
    };
  },
};

/** What the share of a component, from 1, is called. */
export const componentName = (set: string, component: number): string => `${set}, component ${component}`;

/** The effective ranks and the shares of variance out of the measurements of `spectrum`. */
export function spectrumParts(measured: Measurements): { readonly ranks: Measurements; readonly shares: Measurements } {
  const part = (quantity: string, isShare: boolean): Measurements => {
    const own = <T extends { readonly of: string }>(list: readonly T[]) =>
      list.filter(({ of }) => of.includes(', component ') === isShare).map((one) => ({ ...one, quantity }));
    return { measured: own(measured.measured), changes: own(measured.changes) };
  };
  return { ranks: part('effective rank', false), shares: part('% of variance', true) };
}

/**
 * How many directions a set fills: exp of the entropy of its singular values, each as a share of their sum (Roy and
 * Vetterli 2007). As many as there are dimensions where all directions vary alike, 1 where they lie on a line.
 * @param varianceShares which go with the squares of the singular values
 */
export function rankOf(varianceShares: Float64Array): number {
  const singular = varianceShares.map((share) => Math.sqrt(Math.max(share, 0)));
  const sum = singular.reduce((total, value) => total + value, 0);
  const entropy = singular.reduce((total, value) => {
    const share = value / sum;
    return share > 0 ? total - share * Math.log(share) : total;
  }, 0);
  return Math.exp(entropy);
}

function samplesOf({ gallery, texts, queries, targets, dim, sameClip }: Space): Sample[] {
  const sample = (name: string, values: Float32Array, over: keyof Draw): Sample => {
    const stride = Math.max(1, Math.ceil(values.length / dim / MAX_ROWS));
    const at = Array.from({ length: Math.ceil(values.length / dim / stride) }, (_, i) => i * stride);
    const rows = new Float32Array(at.length * dim);
    for (const [i, row] of at.entries()) rows.set(values.subarray(row * dim, (row + 1) * dim), i * dim);
    return { name, rows: unitRows(rows, dim), at, over };
  };
  return [
    ...(sameClip
      ? []
      : [
          sample('images', gallery, 'images'),
          sample('texts', texts, 'queries'),
          sample('targets', targets, 'queries'),
        ]),
    sample('queries', queries, 'queries'),
  ];
}

function varianceShares({ rows, at, over }: Sample, dim: number, draw: Draw): Float64Array {
  const counts = Float64Array.from(at, (row) => draw[over][row]);
  const values = eigenvalues(covariance(rows, dim, counts), dim);
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

/** The lower triangle of Σ count (x - mean)(x - mean)ᵀ, [dim, dim]. */
function covariance(rows: Float64Array, dim: number, counts: Float64Array): Float64Array {
  const mean = meanRow(rows, dim, counts);
  const sum = new Float64Array(dim * dim);
  const centred = new Float64Array(dim);
  for (let row = 0; row < counts.length; row++) {
    const count = counts[row];
    if (count === 0) continue;
    for (let d = 0; d < dim; d++) centred[d] = rows[row * dim + d] - mean[d];
    for (let i = 0; i < dim; i++) {
      const factor = count * centred[i];
      for (let j = 0, at = i * dim; j <= i; j++) sum[at + j] += factor * centred[j];
    }
  }
  return sum;
}
