import { type NdArray, zeros } from '../../engine/case.ts';

export function gatherReference(x: NdArray, indices: NdArray): NdArray {
  const y = zeros([...indices.shape, ...x.shape.slice(1)]);
  const width = x.data.length / x.shape[0];
  for (const [position, index] of indices.data.entries()) {
    const row = Math.min(index, x.shape[0] - 1);
    y.data.set(x.data.subarray(row * width, (row + 1) * width), position * width);
  }
  return y;
}
