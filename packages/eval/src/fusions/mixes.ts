import { dotRows, rowsOf, unitRows } from '../study/vectors.ts';

/**
 * (1 - weight) reference + weight text, of features as CLIP gives them: at one half, the plain sum.
 * @param references [queries, dim] @param texts [queries, dim] @returns [queries, dim]
 */
export function linearMix(references: Float32Array, texts: Float32Array, _dim: number, weight: number): Float32Array {
  return references.map((value, at) => (1 - weight) * value + weight * texts[at]);
}

/**
 * The point on the great circle from the reference to the text at `weight` of the way (Shoemake 1985; Jang et al. 2024
 * for composed retrieval), of unit vectors: here lengths do not count.
 * @param references [queries, dim] @param texts [queries, dim] @returns [queries, dim]
 */
export function sphericalMix(references: Float32Array, texts: Float32Array, dim: number, weight: number): Float32Array {
  const [from, to] = [unitRows(references, dim), unitRows(texts, dim)];
  const mixed = new Float32Array(references.length);
  for (let row = 0; row < rowsOf(references, dim); row++) {
    const angle = Math.acos(Math.max(-1, Math.min(1, dotRows(from, row, to, row, dim))));
    // Vectors that point the same way have no great circle, and nothing to mix.
    const [a, b] =
      Math.sin(angle) < 1e-9
        ? [1 - weight, weight]
        : [Math.sin((1 - weight) * angle) / Math.sin(angle), Math.sin(weight * angle) / Math.sin(angle)];
    for (let at = row * dim; at < (row + 1) * dim; at++) mixed[at] = a * from[at] + b * to[at];
  }
  return mixed;
}
