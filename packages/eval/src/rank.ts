import { compile, type Device, input, l2Normalize, matmul, topK } from '@webcir/kernels';
import { expectFinite, rowCount } from './features.ts';

/** Queries that are ranked in one run: a fixed number, so that one program serves any number of them. */
const BATCH = 256;

/** The most gallery pictures that a query can be answered with. */
export const MAX_RANKED = 64;

/**
 * The `k` gallery pictures nearest to each query by cosine similarity, best first; equal scores keep the gallery's
 * order. The gallery is normalized here, as CLIP4Cir's `validate.py` does with its index features.
 *
 * @param queries `[q, dim]`
 * @param gallery `[n, dim]`, raw or normalized
 * @param k at most `MAX_RANKED`
 * @returns gallery indices `[q, min(k, n)]`
 * @throws RangeError where a length is no multiple of `dim`, the gallery is empty, a feature is not
 *   finite, or `k` is out of range
 */
export async function rankGallery(
  device: Device,
  queries: Float32Array,
  gallery: Float32Array,
  dim: number,
  k: number,
): Promise<Uint32Array> {
  const count = rowCount('queries', queries, dim);
  const size = rowCount('gallery', gallery, dim);
  if (size === 0) throw new RangeError('gallery: expected at least one picture to rank, found none');
  if (!Number.isInteger(k) || k < 1 || k > MAX_RANKED) {
    throw new RangeError(`k: expected a whole number from 1 to ${MAX_RANKED}, found ${k}`);
  }
  expectFinite('queries', queries, dim);
  expectFinite('gallery', gallery, dim);
  const ranked = Math.min(k, size);
  const rankings = new Uint32Array(count * ranked);
  if (count === 0) return rankings;

  const batch = Math.min(BATCH, count);
  const pictures = l2Normalize(input('gallery', [size, dim]));
  const scores = matmul(l2Normalize(input('queries', [batch, dim])), pictures, { transposeB: true });
  const program = await compile(device, { outputs: { indices: topK(scores, ranked)[1] } });
  try {
    program.write({ gallery });
    for (let start = 0; start < count; start += batch) {
      // The last batch is filled up with zeros, whose answers are dropped.
      const padded = new Float32Array(batch * dim);
      padded.set(queries.subarray(start * dim, (start + batch) * dim));
      const { indices } = await program.runAndRead({ queries: padded }, ['indices']);
      const wanted = Math.min(batch, count - start) * ranked;
      rankings.set(new Uint32Array(indices.buffer, indices.byteOffset, wanted), start * ranked);
    }
  } finally {
    program.dispose();
  }
  return rankings;
}

/** The rows of a `[rows, columns]` matrix as views, e.g. one ranking per query out of `rankGallery`. */
export function splitRows(values: Uint32Array, columns: number): Uint32Array[] {
  return Array.from({ length: rowCount('values', values, columns) }, (_, row) =>
    values.subarray(row * columns, (row + 1) * columns),
  );
}
