import { pick, seededRandom } from '../../src/random.ts';
import { garment } from './measure.ts';

/** The garment's outline, `[28 * 28]` of 0 or 1. */
export function silhouette(ink: Uint8Array): Float32Array {
  const out = new Float32Array(ink.length);
  for (let i = 0; i < out.length; i++) out[i] = ink[i] >= garment ? 1 : 0;
  return out;
}

/** Squared Euclidean distance. */
export function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const d = a[i] - b[i];
    sum += d * d;
  }
  return sum;
}

/** Lloyd's k-means with k-means++ seeding; the same seed and points give the same centres in the same order. */
function kMeans(points: Float32Array[], k: number, iterations: number, seed: number): Float32Array[] {
  const random = seededRandom(seed);
  const centres = [Float32Array.from(pick(points, random))];
  const nearest = points.map((p) => distance(p, centres[0]));
  while (centres.length < k) {
    let left = random() * nearest.reduce((a, b) => a + b, 0);
    const chosen = nearest.findIndex((d) => (left -= d) <= 0);
    const centre = Float32Array.from(points[Math.max(chosen, 0)]);
    centres.push(centre);
    points.forEach((p, i) => {
      nearest[i] = Math.min(nearest[i], distance(p, centre));
    });
  }
  for (let step = 0; step < iterations; step++) {
    const sums = centres.map(() => new Float64Array(points[0].length));
    const counts = centres.map(() => 0);
    for (const point of points) {
      const c = closest(point, centres);
      counts[c]++;
      for (let i = 0; i < point.length; i++) sums[c][i] += point[i];
    }
    centres.forEach((centre, c) => {
      if (counts[c]) for (let i = 0; i < centre.length; i++) centre[i] = sums[c][i] / counts[c];
    });
  }
  return centres;
}

/** The position of the nearest centre. */
function closest(point: Float32Array, centres: Float32Array[]): number {
  let best = 0;
  let bestDistance = Number.POSITIVE_INFINITY;
  centres.forEach((centre, c) => {
    const d = distance(point, centre);
    if (d < bestDistance) [best, bestDistance] = [c, d];
  });
  return best;
}

/** 32 clusters of the images' silhouettes, and each one's images. */
export function clustersOf<P extends { ink: Uint8Array }>(images: P[]) {
  const outlines = images.map((p) => silhouette(p.ink));
  const centres = kMeans(outlines, 32, 15, 1);
  const members: P[][] = centres.map(() => []);
  outlines.forEach((outline, i) => {
    members[closest(outline, centres)].push(images[i]);
  });
  return { centres, members };
}
