import { type NdArray, zeros } from '../../engine/case.ts';

export function fillReference(shape: readonly number[], value: number): NdArray {
  const y = zeros(shape);
  y.data.fill(value);
  return y;
}
