/** Features by id, row by row. */
export interface FeatureTable {
  readonly dim: number;
  readonly rowOf: ReadonlyMap<string, number>;
  /** [ids, dim] */
  readonly values: Float32Array;
}

/**
 * The features of some ids, a row each.
 * @returns [ids, dim]
 * @throws RangeError naming an id that the table does not have
 */
export function featureRows({ dim, rowOf, values }: FeatureTable, ids: readonly string[]): Float32Array {
  const rows = new Float32Array(ids.length * dim);
  for (const [index, id] of ids.entries()) {
    const row = rowOf.get(id);
    if (row === undefined) throw new RangeError(`no feature for '${id}'`);
    rows.set(values.subarray(row * dim, (row + 1) * dim), index * dim);
  }
  return rows;
}

/**
 * Features by id.
 * @param values [ids, dim], in the order of the ids
 */
export const tableOf = (ids: readonly string[], dim: number, values: Float32Array): FeatureTable => ({
  dim,
  rowOf: new Map(ids.map((id, row) => [id, row])),
  values,
});
