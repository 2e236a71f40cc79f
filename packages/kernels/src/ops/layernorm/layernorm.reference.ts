import { type NdArray, zeros } from '../../engine/case.ts';

export function layernormReference(x: NdArray, weight: NdArray, bias: NdArray, epsilon = 1e-5): NdArray {
  const y = zeros(x.shape);
  const width = weight.data.length;
  for (let start = 0; start < x.data.length; start += width) {
    const row = x.data.subarray(start, start + width);
    const mean = row.reduce((sum, value) => sum + value, 0) / width;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    for (let i = 0; i < width; i++) {
      y.data[start + i] = ((row[i] - mean) / Math.sqrt(variance + epsilon)) * weight.data[i] + bias.data[i];
    }
  }
  return y;
}
