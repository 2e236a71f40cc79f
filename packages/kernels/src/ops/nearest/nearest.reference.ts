import { type NdArray, zeros } from '../../engine/case.ts';

/** @param gallery [n, dim], as it is stored: rounded to halves where it is */
export function nearestReference(queries: NdArray, gallery: NdArray, k: number): [scores: NdArray, rows: NdArray] {
  const [count, dim] = queries.shape;
  const n = gallery.shape[0];
  const scores = zeros([count, k]);
  const rows = zeros([count, k]);
  for (let query = 0; query < count; query++) {
    const all = Array.from({ length: n }, (_, row) => {
      let sum = 0;
      for (let i = 0; i < dim; i++) sum += queries.data[query * dim + i] * gallery.data[row * dim + i];
      return sum;
    });
    const best = all.map((_, row) => row).sort((a, b) => all[b] - all[a] || a - b);
    for (let i = 0; i < k; i++) {
      scores.data[query * k + i] = all[best[i]];
      rows.data[query * k + i] = best[i];
    }
  }
  return [scores, rows];
}
