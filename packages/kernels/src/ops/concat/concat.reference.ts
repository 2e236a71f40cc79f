import { type NdArray, zeros } from '../../engine/case.ts';

export function concatReference(tensors: readonly NdArray[], axis: number): NdArray {
  const [{ shape }] = tensors;
  const total = tensors.reduce((sum, tensor) => sum + tensor.shape[axis], 0);
  const y = zeros(shape.map((size, i) => (i === axis ? total : size)));
  const rows = shape.slice(0, axis).reduce((product, size) => product * size, 1);
  let end = 0;
  for (let row = 0; row < rows; row++) {
    for (const { data } of tensors) {
      const length = data.length / rows;
      y.data.set(data.subarray(row * length, (row + 1) * length), end);
      end += length;
    }
  }
  return y;
}
