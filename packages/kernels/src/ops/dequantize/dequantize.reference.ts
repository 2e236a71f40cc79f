import type { NdArray } from '../../engine/case.ts';

export function dequantizeReference(x: NdArray, scale: NdArray): NdArray {
  const perScale = x.data.length / scale.data.length;
  return { shape: x.shape, data: x.data.map((value, i) => value * scale.data[Math.floor(i / perScale)]) };
}
