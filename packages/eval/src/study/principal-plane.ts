import { seededRandom } from '@webcir/data';
import { dotRows, meanRow, rowsOf } from './vectors.ts';

/** The plane in which some rows vary most: a mean and two directions. */
export interface Plane {
  readonly mean: Float64Array;
  readonly axes: readonly [Float64Array, Float64Array];
}

const ITERATIONS = 60;

/**
 * The first two principal components of rows, by subspace iteration on X Xᵀ (Golub and Van Loan, section 7.3.2).
 * Signs are fixed by the largest entry, so that the same rows give the same picture.
 * @param rows [n, dim]
 */
export function principalPlane(rows: Float64Array, dim: number): Plane {
  const count = rowsOf(rows, dim);
  const mean = meanRow(rows, dim, new Float64Array(count).fill(1));
  const centred = rows.map((value, at) => value - mean[at % dim]);
  const random = seededRandom(1);
  let axes = orthonormal([0, 1].map(() => Float64Array.from({ length: dim }, () => random() - 0.5)));
  for (let step = 0; step < ITERATIONS; step++) {
    axes = orthonormal(
      axes.map((axis) => {
        const next = new Float64Array(dim);
        for (let row = 0; row < count; row++) {
          const along = dotRows(centred, row, axis, 0, dim);
          for (let d = 0; d < dim; d++) next[d] += along * centred[row * dim + d];
        }
        return next;
      }),
    );
  }
  const [first, second] = axes.map(withFixedSign);
  return { mean, axes: [first, second] };
}

/** Where rows fall in a plane. @returns x and y of each */
export function project(rows: Float64Array, dim: number, { mean, axes }: Plane): { x: number; y: number }[] {
  const offset = axes.map((axis) => dotRows(mean, 0, axis, 0, dim));
  return Array.from({ length: rowsOf(rows, dim) }, (_, row) => {
    const [x, y] = axes.map((axis, i) => dotRows(rows, row, axis, 0, dim) - offset[i]);
    return { x, y };
  });
}

/** Gram and Schmidt's process. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const made: Float64Array[] = [];
  for (const vector of vectors) {
    let rest = vector;
    for (const other of made) {
      const along = dotRows(rest, 0, other, 0, rest.length);
      rest = rest.map((value, d) => value - along * other[d]);
    }
    const length = Math.sqrt(dotRows(rest, 0, rest, 0, rest.length)) || 1;
    made.push(rest.map((value) => value / length));
  }
  return made;
}

function withFixedSign(axis: Float64Array): Float64Array {
  const largest = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return largest < 0 ? axis.map((value) => -value) : axis;
}
