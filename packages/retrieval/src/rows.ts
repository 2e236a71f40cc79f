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
 * @throws RangeError with the row of the first feature that is not finite
 */
export function expectFinite(name: string, features: Float32Array, dim: number): void {
  for (let at = 0; at < features.length; at++) {
    if (Number.isFinite(features[at])) continue;
    throw new RangeError(
      `${name}: expected finite features, found ${features[at]} in row ${Math.floor(at / dim)}: ` +
        'look for a training run that diverged, or a damaged weights file',
    );
  }
}
