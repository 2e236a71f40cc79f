import type { NdArray } from '../../engine/case.ts';

export const nonFiniteReference = ({ data }: NdArray): NdArray => ({
  shape: [1],
  data: Float64Array.of(data.filter((value) => !Number.isFinite(value)).length),
});
