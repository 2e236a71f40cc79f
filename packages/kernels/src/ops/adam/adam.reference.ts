import type { NdArray } from '../../engine/case.ts';

interface Constants {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export function adamReference(arrays: readonly NdArray[], { beta1, beta2, epsilon }: Constants): NdArray[] {
  const [parameters, m, v, scaled, hyper, overflow] = arrays;
  const [learningRate, weightDecay, correction1, correction2, unscale] = hyper.data;
  if (overflow?.data[0]) return [parameters, m, v];
  const gradients = { data: scaled.data.map((value) => value * unscale) };
  const { shape } = parameters;
  const mean = m.data.map((value, i) => beta1 * value + (1 - beta1) * gradients.data[i]);
  const square = v.data.map((value, i) => beta2 * value + (1 - beta2) * gradients.data[i] ** 2);
  const moved = parameters.data.map((value, i) => {
    const step = mean[i] / correction1 / (Math.sqrt(square[i] / correction2) + epsilon);
    return value * (1 - learningRate * weightDecay) - learningRate * step;
  });
  return [
    { shape, data: moved },
    { shape, data: mean },
    { shape, data: square },
  ];
}
