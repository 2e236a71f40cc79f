import { type NdArray, zeros } from '../../engine/case.ts';

export function broadcastReference(x: NdArray, shape: readonly number[]): NdArray {
  const y = zeros(shape);
  for (let i = 0; i < y.data.length; i++) y.data[i] = x.data[i % x.data.length];
  return y;
}
