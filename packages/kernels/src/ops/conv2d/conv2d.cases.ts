import { normal, type OpCase } from '../../engine/case.ts';
import { conv2dReference } from './conv2d.reference.ts';
import { conv2d } from './conv2d.ts';

const conv2dCase = (x: number[], weight: number[], { stride = 1, padding = 0 } = {}): OpCase => {
  const [batch, ...size] = x;
  const [out, channels, ...kernel] = weight;
  const pixels = kernel.reduce(
    (n, taps, axis) => n * (Math.floor((size[axis] + 2 * padding - taps) / stride) + 1),
    batch,
  );
  return {
    name: `[${x}] by [${weight}], stride ${stride}, padding ${padding}`,
    inputs: [normal(x), normal(weight)],
    op: (image, kernels) => conv2d(image, kernels, { stride, padding }),
    reference: (image, kernels) => conv2dReference(image, kernels, stride, padding),
    flops: 2 * pixels * out * channels * kernel[0] * kernel[1],
  };
};

export const cases = [
  // Direct
  conv2dCase([1, 1, 1, 1], [1, 1, 3, 3], { padding: 1 }),
  conv2dCase([2, 5, 4, 4], [8, 4, 3, 3], { padding: 1 }),
  conv2dCase([3, 7, 5, 3], [5, 3, 3, 3], { stride: 2, padding: 1 }),
  conv2dCase([2, 8, 6, 6], [4, 6, 3, 3], { stride: 2, padding: 1 }),
  conv2dCase([1, 6, 7, 2], [3, 2, 2, 4], { stride: 3, padding: 2 }),
  conv2dCase([2, 4, 5, 5], [7, 5, 1, 1], { stride: 2 }),
  conv2dCase([1, 3, 3, 4], [4, 4, 1, 1], { padding: 1 }),
  conv2dCase([2, 7, 7, 64], [12, 64, 3, 3], { padding: 1 }),
  conv2dCase([3, 7, 6, 18], [37, 18, 3, 3], { padding: 1 }),
  conv2dCase([1, 8, 9, 40], [16, 40, 3, 3], { stride: 2, padding: 1 }),
  // Tiles of 64 pixels and 64 channels, none of them full, with steps that end within a tap
  conv2dCase([2, 9, 8, 20], [36, 20, 3, 3], { padding: 1 }),
  conv2dCase([1, 6, 7, 36], [40, 36, 3, 3], { padding: 1 }),
  conv2dCase([3, 9, 7, 32], [36, 32, 3, 3], { stride: 2, padding: 1 }),
  conv2dCase([2, 5, 8, 32], [32, 32, 2, 4], { stride: 3, padding: 2 }),
  conv2dCase([2, 9, 11, 3], [32, 3, 7, 7], { stride: 2, padding: 3 }),
  conv2dCase([1, 3, 2, 68], [32, 68, 1, 1], { stride: 2 }),
  // A matrix product
  conv2dCase([2, 3, 5, 6], [7, 6, 1, 1]),
  conv2dCase([2, 5, 7, 3], [6, 3, 2, 2], { stride: 2 }),
  conv2dCase([2, 16, 17, 3], [9, 3, 8, 8], { stride: 8 }),
];

export const benchmarks = [
  conv2dCase([256, 32, 32, 3], [128, 3, 8, 8], { stride: 8 }),
  conv2dCase([8, 224, 224, 3], [768, 3, 32, 32], { stride: 32 }),
  conv2dCase([8, 224, 224, 3], [32, 3, 3, 3], { stride: 2, padding: 1 }),
  conv2dCase([8, 56, 56, 64], [64, 64, 3, 3], { padding: 1 }),
  conv2dCase([8, 14, 14, 256], [256, 256, 3, 3], { padding: 1 }),
  conv2dCase([8, 7, 7, 512], [512, 512, 3, 3], { padding: 1 }),
  // RN50x4, at its 288 pixels
  conv2dCase([2, 72, 72, 80], [80, 80, 3, 3], { padding: 1 }),
  conv2dCase([2, 18, 18, 320], [320, 320, 3, 3], { padding: 1 }),
  conv2dCase([8, 56, 56, 64], [256, 64, 1, 1]),
];
