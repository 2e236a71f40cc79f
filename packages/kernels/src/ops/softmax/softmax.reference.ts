import { type NdArray, zeros } from '../../engine/case.ts';

export function softmaxReference(x: NdArray): NdArray {
  const y = zeros(x.shape);
  const columns = x.shape[x.shape.length - 1];
  for (let start = 0; start < x.data.length; start += columns) {
    const row = x.data.subarray(start, start + columns);
    const largest = row.reduce((a, b) => Math.max(a, b));
    const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0);
    for (let i = 0; i < columns; i++) y.data[start + i] = Math.exp(row[i] - largest) / total;
  }
  return y;
}
