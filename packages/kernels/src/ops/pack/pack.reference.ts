import { type NdArray, zeros } from '../../engine/case.ts';

export function packReference(tensors: readonly NdArray[], offsets: readonly number[], length: number): NdArray {
  const y = zeros([length]);
  for (const [i, { data }] of tensors.entries()) y.data.set(data, offsets[i]);
  return y;
}
