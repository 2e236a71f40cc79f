import { type NdArray, zeros } from '../../engine/case.ts';

export interface AttentionReferenceOptions {
  readonly heads: number;
  readonly causal: boolean;
}

export function attentionReference(qkv: NdArray, { heads, causal }: AttentionReferenceOptions): NdArray {
  const [batch, tokens, width3] = qkv.shape;
  const width = width3 / 3;
  const headSize = width / heads;
  const y = zeros([batch, tokens, width]);
  const at = (b: number, token: number, column: number) => qkv.data[(b * tokens + token) * width3 + column];
  for (let b = 0; b < batch; b++) {
    for (let head = 0; head < heads; head++) {
      const columns = Array.from({ length: headSize }, (_, i) => head * headSize + i);
      for (let row = 0; row < tokens; row++) {
        const keys = Array.from({ length: causal ? row + 1 : tokens }, (_, key) => key);
        const score = (key: number) => columns.reduce((sum, c) => sum + at(b, row, c) * at(b, key, width + c), 0);
        const scores = keys.map((key) => score(key) / Math.sqrt(headSize));
        const largest = Math.max(...scores);
        const weights = scores.map((value) => Math.exp(value - largest));
        const total = weights.reduce((sum, value) => sum + value, 0);
        for (const c of columns) {
          const sum = keys.reduce((part, key) => part + weights[key] * at(b, key, 2 * width + c), 0);
          y.data[(b * tokens + row) * width + c] = sum / total;
        }
      }
    }
  }
  return y;
}
