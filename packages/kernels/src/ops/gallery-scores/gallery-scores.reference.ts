import { type NdArray, zeros } from '../../engine/case.ts';

/** @param gallery [n, dim], as it is stored: rounded to halves where it is */
export function galleryScoresReference(queries: NdArray, gallery: NdArray): NdArray {
  const [count, dim] = queries.shape;
  const n = gallery.shape[0];
  const scores = zeros([count, n]);
  for (let query = 0; query < count; query++) {
    for (let row = 0; row < n; row++) {
      for (let i = 0; i < dim; i++)
        scores.data[query * n + row] += queries.data[query * dim + i] * gallery.data[row * dim + i];
    }
  }
  return scores;
}
