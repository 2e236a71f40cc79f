import type { NdArray } from '../../engine/case.ts';

export const accumulateReference = (total: NdArray, x: NdArray, keep: NdArray): NdArray => ({
  shape: total.shape,
  data: total.data.map((value, i) => (keep.data[0] === 0 ? x.data[i] : keep.data[0] * value + x.data[i])),
});
