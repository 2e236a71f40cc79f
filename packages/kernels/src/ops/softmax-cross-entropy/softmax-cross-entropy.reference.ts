import { type NdArray, zeros } from '../../engine/case.ts';

export function softmaxCrossEntropyReference(logits: NdArray, labels: NdArray): NdArray {
  const [rows, classes] = logits.shape;
  const losses = zeros([rows]);
  for (let row = 0; row < rows; row++) {
    const values = logits.data.subarray(row * classes, (row + 1) * classes);
    const maximum = values.reduce((a, b) => Math.max(a, b));
    const sum = values.reduce((total, value) => total + Math.exp(value - maximum), 0);
    losses.data[row] = maximum + Math.log(sum) - values[labels.data[row]];
  }
  return losses;
}
