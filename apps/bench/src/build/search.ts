import { compile, type Device, input, matmul, type Program, topK } from '@webcir/kernels';
import { numbers } from '../measure/numbers.ts';
import type { Built } from './built.ts';

export interface SearchSizes {
  readonly pictures: number;
  readonly width: number;
  readonly queries: number;
  readonly k: number;
}

export interface BuiltSearch extends Built {
  /** The best pictures of each query, [queries, k], best first. */
  search(): Promise<Uint32Array>;
}

type Shard = { readonly first: number; readonly program: Program<'values' | 'indices'> };

/** Values of the picture features from `first` on: shards are made one by one, as a gallery may not fit into one array. */
export const galleryRows = (first: number, rows: number, width: number): Float32Array =>
  numbers(`gallery ${first}`, rows * width);

/** How many pictures a shard has: a number that does not depend on the device, so that all contestants see the same rows. */
export const SHARD = 50_000;

/** The retrieval hot path: inner products of queries with a whole gallery and the exact best k, in shards, merged here. */
export async function buildSearch(device: Device, { pictures, width, queries, k }: SearchSizes): Promise<BuiltSearch> {
  const shards: Shard[] = [];
  for (let first = 0; first < pictures; first += SHARD) {
    const rows = Math.min(SHARD, pictures - first);
    const scores = matmul(input('queries', [queries, width]), input('gallery', [rows, width]), { transposeB: true });
    const [values, indices] = topK(scores, Math.min(k, rows));
    const program = await compile(device, { outputs: { values, indices } });
    program.write({ queries: numbers('queries', queries * width), gallery: galleryRows(first, rows, width) });
    await device.idle(); // the queue keeps a copy of the rows until they have arrived
    shards.push({ first, program });
  }
  const search = async () => {
    const found = await Promise.all(
      shards.map(async ({ first, program }) => ({
        first,
        ...(await program.runAndRead({}, ['values', 'indices'])),
      })),
    );
    return merge(found, queries, k);
  };
  return {
    async run(times) {
      for (let i = 0; i < times; i++) await search();
    },
    search,
    flops: 2 * pictures * width * queries,
    program: shards.length === 1 ? shards[0].program : undefined,
    dispose() {
      for (const { program } of shards) program.dispose();
    },
  };
}

type Found = { readonly first: number; readonly values: Float32Array; readonly indices: Float32Array };

/** The k best of what every shard found for a query. */
function merge(found: readonly Found[], queries: number, k: number): Uint32Array {
  const best = new Uint32Array(queries * k);
  for (let query = 0; query < queries; query++) {
    const candidates = found.flatMap(({ first, values, indices }) => {
      const each = values.length / queries;
      const places = new Uint32Array(indices.buffer, indices.byteOffset + 4 * query * each, each);
      return Array.from(places, (place, i) => ({ picture: first + place, score: values[query * each + i] }));
    });
    candidates.sort((a, b) => b.score - a.score || a.picture - b.picture);
    for (let i = 0; i < k; i++) best[query * k + i] = candidates[i].picture;
  }
  return best;
}
