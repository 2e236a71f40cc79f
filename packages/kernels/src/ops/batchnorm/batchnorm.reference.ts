import { type NdArray, zeros } from '../../engine/case.ts';

export function batchnormReference(
  x: NdArray,
  [weight, bias, mean, variance]: readonly NdArray[],
  epsilon = 1e-5,
): NdArray {
  const y = zeros(x.shape);
  const channels = weight.data.length;
  for (const [i, value] of x.data.entries()) {
    const c = i % channels;
    const normalized = (value - mean.data[c]) / Math.sqrt(variance.data[c] + epsilon);
    y.data[i] = normalized * weight.data[c] + bias.data[c];
  }
  return y;
}
