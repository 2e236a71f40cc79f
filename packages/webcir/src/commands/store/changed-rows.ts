import { isDeepStrictEqual } from 'node:util';
import { fromFloat32, toFloat32 } from '@webcir/clip';
import type { Store, StoreRows } from '@webcir/retrieval';

/**
 * The rows that a store does not have as they are, up to the rounding of features to half precision: what is written again
 * after it was stopped is not written twice.
 */
export async function changedRows(store: Store, { ids, features, metadata }: StoreRows): Promise<StoreRows> {
  const { dim } = store.model;
  const stored = await store.get(ids);
  const halves = toFloat32(fromFloat32(features, [ids.length, dim], 'F16'));
  const rows = [...ids.keys()].filter((row) => {
    const image = stored[row];
    const isSame = (values: Float32Array) => image?.feature.every((value, i) => value === values[row * dim + i]);
    return !((isSame(halves) || isSame(features)) && isDeepStrictEqual(image?.metadata, metadata?.[row] ?? {}));
  });
  const changed = new Float32Array(rows.length * dim);
  for (const [i, row] of rows.entries()) changed.set(features.subarray(row * dim, (row + 1) * dim), i * dim);
  return {
    ids: rows.map((row) => ids[row]),
    features: changed,
    ...(metadata && { metadata: rows.map((row) => metadata[row]) }),
  };
}
