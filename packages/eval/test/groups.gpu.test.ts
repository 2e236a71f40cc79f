import { seededRandom } from '@webcir/data';
import { openDevice } from '@webcir/kernels';
import { GalleryIndex } from '@webcir/retrieval';
import { afterAll, expect, it } from 'vitest';
import { rankGroups } from '../src/groups.ts';

const device = await openDevice();
afterAll(() => device.close());

function randomFeatures(rows: number, dim: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: rows * dim }, () => random() * 2 - 1);
}

it('groups are ranked as the whole gallery is, ties included', async () => {
  const [queries, gallery] = [randomFeatures(5, 16, 9), randomFeatures(60, 16, 10)];
  for (const copy of [7, 31, 58]) gallery.copyWithin(copy * 16, 20 * 16, 21 * 16);
  const groups = [[58, 3, 20, 7, 31], [1, 2, 59, 40, 0], [31, 58], [], [20, 20 + 1, 7, 5, 4, 6]];
  const index = await GalleryIndex.create(device, gallery, 16);
  const { indices } = await index.search(queries, 60);
  await index.dispose();
  const ranked = rankGroups(queries, gallery, 16, groups);
  for (const [query, group] of groups.entries()) {
    const whole = [...indices.subarray(60 * query, 60 * (query + 1))];
    expect(ranked[query]).toEqual(whole.filter((image) => group.includes(image)));
  }
  expect(ranked[2]).toEqual([31, 58]);
});
