import { UMAP } from 'umap-js';

/**
 * Places for images in the plane, those that are alike near each other (UMAP, McInnes et al. 2018, on exact neighbours).
 * @param {{ count: number, k: number, indices: Uint32Array, scores: Float32Array, random: () => number }} near
 *   the `k` images nearest to each, itself among them, [count, k], and their cosines
 * @param {() => Promise<void>} pause waited for after every step, so that a page stays alive
 * @returns {Promise<Float32Array>} [count, 2]
 */
export async function layOut({ count, k, indices, scores, random }, pause = async () => {}) {
  // Too few to have neighbours: on a circle.
  if (count < 4) return Float32Array.from({ length: 2 * count }, (_, i) => Math.sin(i * (Math.PI / count) + (i % 2)));
  const rows = (values, of) =>
    Array.from({ length: count }, (_, row) => Array.from(values.subarray(row * k, row * k + k), of));
  const umap = new UMAP({ nNeighbors: k, minDist: 0.25, random });
  umap.setPrecomputedKNN(
    rows(indices, (index) => index),
    rows(scores, (score) => Math.max(0, 1 - score)),
  );
  const epochs = umap.initializeFit(Array.from({ length: count }, () => [0]));
  for (let epoch = 0; epoch < epochs; epoch++) {
    umap.step();
    await pause();
  }
  return Float32Array.from(umap.getEmbedding().flat());
}
