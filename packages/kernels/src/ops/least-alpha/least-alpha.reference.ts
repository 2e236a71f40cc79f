import type { NdArray } from '../../engine/case.ts';

export const leastAlphaReference = ({ data }: NdArray): NdArray => ({
  shape: [1],
  data: Float64Array.of(data.reduce((least, pixel) => Math.min(least, pixel), 2 ** 32 - 1)),
});
