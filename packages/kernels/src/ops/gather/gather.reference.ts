import { type NdArray, zeros } from '../../engine/case.ts';

export function gatherReference(x: NdArray, indices: NdArray, firstRow = 0): NdArray {
  const y = zeros([...indices.shape, ...x.shape.slice(1)]);
  const width = x.data.length / x.shape[0];
  for (const [position, index] of indices.data.entries()) {
    const row = index - firstRow;
    if (row < 0 || row >= x.shape[0]) continue;
    y.data.set(x.data.subarray(row * width, (row + 1) * width), position * width);
  }
  return y;
}
