import { compile, type Device, gather, input, l2Normalize, matmul, type Program, reshape, topK } from '@webcir/kernels';

/** A gallery picture and its similarity to a query. */
export interface Scored {
  readonly picture: number;
  readonly score: number;
}

export interface ScoringRequest {
  /** [count, dim] */
  readonly queries: Float32Array;
  /** [size, dim] */
  readonly gallery: Float32Array;
  readonly dim: number;
  /** How many of the best pictures of a shard are wanted. */
  readonly k: number;
  /** Pictures per query whose scores are wanted in any case; may be empty. */
  readonly groups: readonly (readonly number[])[];
  /** How many pictures are scored at once; as many as the device can, unless given. */
  readonly shard?: number;
}

/** What one shard of the gallery has for one query. */
export interface ShardScores {
  readonly query: number;
  /** The best pictures of the shard. */
  readonly best: Scored[];
  /** Those of the query's group that lie in the shard. */
  readonly members: Scored[];
}

/** Queries that are scored in one run: a fixed number, so that one program serves any number of them. */
const mostQueries = 256;

/** Scores all queries against the gallery, shard by shard: no picture comes up twice for a query. */
export async function* scoreShards(device: Device, request: ScoringRequest): AsyncGenerator<ShardScores> {
  const { queries, gallery, dim, groups } = request;
  const [count, size] = [queries.length / dim, gallery.length / dim];
  const batch = Math.min(mostQueries, count);
  const rows = Math.min(request.shard ?? rowsThatFit(device, dim, batch), size);
  const k = Math.min(request.k, rows);
  const width = groups.reduce((widest, { length }) => Math.max(widest, length), 1);
  const program = await scoringProgram(device, batch, rows, dim, k, width);
  try {
    for (let seen = 0; seen < size; seen += rows) {
      // The last shard is as long as the others, so that one program serves all: it begins among pictures seen before.
      const first = Math.min(seen, size - rows);
      const isNew = (picture: number) => picture >= seen && picture < first + rows;
      program.write({ gallery: gallery.subarray(first * dim, (first + rows) * dim) });
      for (let start = 0; start < count; start += batch) {
        const end = Math.min(start + batch, count);
        // The last batch is filled up with zeros, whose answers are dropped.
        const asked = new Float32Array(batch * dim);
        asked.set(queries.subarray(start * dim, end * dim));
        const places = new Uint32Array(batch * width);
        for (const [row, group] of groups.slice(start, end).entries()) {
          const inShard = group.map((picture) => (isNew(picture) ? row * rows + picture - first : 0));
          places.set(inShard, row * width);
        }
        const found = await program.runAndRead({ queries: asked, places }, ['scores', 'indices', 'members']);
        const indices = new Uint32Array(found.indices.buffer);
        for (let query = start; query < end; query++) {
          const [row, group] = [query - start, groups[query] ?? []];
          const best = Array.from(indices.subarray(row * k, (row + 1) * k), (index, i) => ({
            picture: first + index,
            score: found.scores[row * k + i],
          }));
          const members = group.map((picture, i) => ({ picture, score: found.members[row * width + i] }));
          const fresh = (scored: readonly Scored[]) => scored.filter(({ picture }) => isNew(picture));
          yield { query, best: fresh(best), members: fresh(members) };
        }
      }
    }
  } finally {
    program.dispose();
  }
}

/** A batch of queries against one shard: the best of it, and the scores at `width` places of `[batch, rows]` per query. */
function scoringProgram(
  device: Device,
  batch: number,
  rows: number,
  dim: number,
  k: number,
  width: number,
): Promise<Program<'scores' | 'indices' | 'members'>> {
  const pictures = l2Normalize(input('gallery', [rows, dim]));
  const all = matmul(l2Normalize(input('queries', [batch, dim])), pictures, { transposeB: true });
  const [scores, indices] = topK(all, k);
  const members = gather(reshape(all, [batch * rows, 1]), input('places', [batch * width], 'u32'));
  return compile(device, { outputs: { scores, indices, members } });
}

/** How many pictures can be bound at once: their features, and the scores of a batch of queries. */
function rowsThatFit({ capabilities }: Device, dim: number, batch: number): number {
  const bytes = Math.min(capabilities.maxBindingSize, 2 ** 27);
  // Nor more than a matrix product has workgroups for; a multiple of 4 can be read four values at a time.
  return Math.min(2 ** 20, Math.floor(bytes / (16 * Math.max(dim, batch))) * 4);
}
