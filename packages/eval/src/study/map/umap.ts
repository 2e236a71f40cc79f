import { seededRandom } from '@webcir/data';
import { UMAP } from 'umap-js';
import type { NearestRows } from '../movement.ts';

/** Passes over the edges of the graph of neighbours. */
const EPOCHS = 300;
/** As far as the start reaches, as in umap-learn. */
const REACH = 10;

/**
 * UMAP (McInnes et al. 2018), by umap-js, from exact neighbours. It starts from a plane that is given, with a little
 * noise to part what lies in one place: how whole clusters lie to each other comes from the start alone (Kobak and
 * Linderman 2021).
 * @param nearest of each row, for instance 14: with the row itself, the 15 of UMAP's default
 * @param start [n, 2] @returns [n, 2], the same for the same seed
 */
export function umap({ rows, cosines }: NearestRows, start: Float64Array, seed: number): Float64Array {
  const random = seededRandom(seed);
  const umap = new UMAP({ nNeighbors: rows[0].length + 1, nEpochs: EPOCHS, random });
  umap.setPrecomputedKNN(
    rows.map((others, row) => [row, ...others]),
    cosines.map((list) => [0, ...list.map(chord)]),
  );
  // It asks the rows themselves for nothing but their number.
  umap.initializeFit(rows.map(() => []));
  const embedding = umap.getEmbedding();
  const scale = REACH / (start.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1);
  for (const [row, point] of embedding.entries()) {
    for (const axis of [0, 1]) point[axis] = scale * start[2 * row + axis] + 1e-3 * (random() - 0.5);
  }
  for (let epoch = 0; epoch < EPOCHS; epoch++) umap.step();
  return Float64Array.from(umap.getEmbedding().flat());
}

/** The distance of two unit vectors by their cosine. */
const chord = (cosine: number): number => Math.sqrt(Math.max(0, 2 - 2 * cosine));
