import { type NdArray, zeros } from '../../engine/case.ts';

export function l2NormalizeReference(x: NdArray, epsilon = 1e-12): NdArray {
  const y = zeros(x.shape);
  const columns = x.shape[x.shape.length - 1];
  for (let start = 0; start < x.data.length; start += columns) {
    const norm = Math.sqrt(x.data.subarray(start, start + columns).reduce((sum, value) => sum + value * value, 0));
    for (let i = start; i < start + columns; i++) y.data[i] = x.data[i] / Math.max(norm, epsilon);
  }
  return y;
}
