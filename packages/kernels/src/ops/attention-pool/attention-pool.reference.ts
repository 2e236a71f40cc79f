import { type NdArray, zeros } from '../../engine/case.ts';

export function attentionPoolReference(q: NdArray, k: NdArray, v: NdArray, heads: number): NdArray {
  const [batch, tokens, width] = k.shape;
  const headSize = width / heads;
  const y = zeros(q.shape);
  const token = Array.from({ length: tokens }, (_, t) => t);
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < heads; head++) {
      const columns = Array.from({ length: headSize }, (_, i) => head * headSize + i);
      const dot = (t: number) =>
        columns.reduce((sum, c) => sum + q.data[b * width + c] * k.data[(b * tokens + t) * width + c], 0);
      const scores = token.map((t) => dot(t) / Math.sqrt(headSize));
      const largest = Math.max(...scores);
      const weights = scores.map((score) => Math.exp(score - largest));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (const c of columns) {
        y.data[b * width + c] = token.reduce(
          (sum, t) => sum + (weights[t] / total) * v.data[(b * tokens + t) * width + c],
          0,
        );
      }
    }
  }
  return y;
}
