import type { Device } from '@webcir/kernels';
import { GalleryIndex } from '@webcir/retrieval';
import { numbers, unitRows } from '../measure/numbers.ts';
import type { Built } from './built.ts';

export interface SearchSizes {
  readonly images: number;
  readonly width: number;
  readonly queries: number;
  readonly k: number;
}

export interface BuiltSearch extends Built {
  /** The best images of each query, [queries, k], best first. */
  search(): Promise<Uint32Array>;
}

/**
 * The retrieval hot path: cosine similarity of queries with a whole gallery, kept in half precision, and the exact best
 * k.
 */
export async function buildSearch(device: Device, { images, width, queries, k }: SearchSizes): Promise<BuiltSearch> {
  const gallery = unitRows(numbers('gallery', images * width), width);
  const index = await GalleryIndex.create(device, gallery, width, { storage: 'f16' });
  const asked = numbers('queries', queries * width);
  const search = async () => (await index.search(asked, k)).indices;
  return {
    async run(times) {
      for (let i = 0; i < times; i++) await search();
    },
    search,
    flops: 2 * images * width * queries,
    dispose: () => index.dispose(),
  };
}
