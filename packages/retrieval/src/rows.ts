import { indexOfNonFinite } from '@webcir/kernels';

/**
 * How many rows a `[rows, columns]` matrix has.
 * @throws RangeError where its length is no multiple of `columns`
 */
export function rowCount(name: string, values: ArrayLike<number>, columns: number): number {
  if (!Number.isInteger(columns) || columns < 1 || values.length % columns !== 0) {
    throw new RangeError(`${name}: expected rows of ${columns} values, found ${values.length} values in all`);
  }
  return values.length / columns;
}

/**
 * Checks that features are finite: a score that is not a number cannot be ranked.
 * @param ids what each row is the feature of, if it has a name
 * @throws RangeError with the row, or the name, of the first feature that is not finite
 */
export function expectFinite(name: string, features: Float32Array, dim: number, ids?: readonly string[]): void {
  const at = indexOfNonFinite(features);
  if (at === -1) return;
  const row = Math.floor(at / dim);
  const place = ids === undefined ? `in row ${row}` : `for ${ids[row]}`;
  throw new RangeError(
    `${name}: expected finite features, found ${features[at]} ${place}: ` +
      'look for a training run that diverged, or a damaged weights file',
  );
}
