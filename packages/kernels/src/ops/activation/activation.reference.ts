import type { NdArray } from '../../engine/case.ts';
import type { ActivationKind } from './activation.backward.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The error function by a series of positive terms (Abramowitz and Stegun 7.1.6): nothing cancels. */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = 0;
  for (let n = 1; sum + term !== sum; n++) {
    sum += term;
    term *= (2 * x * x) / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** The approximation of GELU by tanh. */
export const geluTanh = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

const functions: Record<ActivationKind, (x: number) => number> = {
  relu: (x) => Math.max(x, 0),
  sigmoid,
  quickgelu: (x) => x * sigmoid(1.702 * x),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: geluTanh,
};

export const activationReference = ({ shape, data }: NdArray, kind: ActivationKind): NdArray => ({
  shape,
  data: data.map(functions[kind]),
});
