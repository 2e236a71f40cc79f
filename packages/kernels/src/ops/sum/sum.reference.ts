import { type NdArray, zeros } from '../../engine/case.ts';

export function sumReference({ shape, data }: NdArray): NdArray {
  const total = zeros(shape.length > 1 ? shape.slice(1) : [1]);
  for (const [i, value] of data.entries()) total.data[i % total.data.length] += value;
  return total;
}

export function sumRowsReference({ shape, data }: NdArray): NdArray {
  const total = zeros([...shape.slice(0, -1), 1]);
  const columns = shape[shape.length - 1];
  for (const [i, value] of data.entries()) total.data[Math.floor(i / columns)] += value;
  return total;
}
