import { type NdArray, zeros } from '../../engine/case.ts';
import { erf, geluTanh } from '../activation/activation.reference.ts';
import type { Activation } from './matmul.ts';

/** op(a) op(b), batched where a and b have three axes. */
export function matmulReference(a: NdArray, b: NdArray, { transposeA = false, transposeB = false } = {}): NdArray {
  const [aRows, aColumns] = a.shape.slice(-2);
  const [bRows, bColumns] = b.shape.slice(-2);
  const [rows, inner, columns] = [
    transposeA ? aColumns : aRows,
    transposeA ? aRows : aColumns,
    transposeB ? bRows : bColumns,
  ];
  const batch = a.shape.length === 3 ? a.shape[0] : 1;
  const y = zeros([...a.shape.slice(0, -2), rows, columns]);
  for (let z = 0; z < batch; z++) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) {
          const left = a.data[z * rows * inner + (transposeA ? k * rows + i : i * inner + k)];
          const right = b.data[z * inner * columns + (transposeB ? j * inner + k : k * columns + j)];
          sum += left * right;
        }
        y.data[(z * rows + i) * columns + j] = sum;
      }
    }
  }
  return y;
}

export interface LinearOptions {
  readonly bias?: NdArray;
  readonly activation?: Activation;
  readonly residual?: NdArray;
}

/** activation(x weight^T + bias) + residual. */
export function linearReference(
  x: NdArray,
  weight: NdArray,
  { bias, activation, residual }: LinearOptions = {},
): NdArray {
  const [columns, inner] = weight.shape;
  const product = matmulReference({ shape: [x.data.length / inner, inner], data: x.data }, weight, {
    transposeB: true,
  });
  const compute = activation ? activations[activation] : (value: number) => value;
  const data = product.data.map((sum, i) => compute(sum + (bias?.data[i % columns] ?? 0)) + (residual?.data[i] ?? 0));
  return { shape: [...x.shape.slice(0, -1), columns], data };
}

const activations: Record<Activation, (x: number) => number> = {
  relu: (x) => Math.max(x, 0),
  quickgelu: (x) => x / (1 + Math.exp(-1.702 * x)),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: geluTanh,
};
