import { type NdArray, zeros } from '../../engine/case.ts';

export function topKReference(
  { shape: [queries, count], data }: NdArray,
  k: number,
): [values: NdArray, indices: NdArray] {
  const values = zeros([queries, k]);
  const indices = zeros([queries, k]);
  for (let query = 0; query < queries; query++) {
    const row = data.subarray(query * count, (query + 1) * count);
    const best = [...row.keys()].sort((i, j) => row[j] - row[i] || i - j).slice(0, k);
    values.data.set(
      best.map((i) => row[i]),
      query * k,
    );
    indices.data.set(best, query * k);
  }
  return [values, indices];
}
