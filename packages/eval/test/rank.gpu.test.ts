import { seededRandom } from '@webcir/data';
import { openDevice } from '@webcir/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import { rankGallery, rankWithGroups, splitRows } from '../src/rank.ts';

const device = await openDevice();
afterAll(() => device.close());

function randomFeatures(rows: number, dim: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: rows * dim }, () => random() * 2 - 1);
}

/** Cosine similarities of one query in float64. */
function cosines(query: Float32Array, gallery: Float32Array): number[] {
  const dim = query.length;
  return Array.from({ length: gallery.length / dim }, (_, picture) => {
    let dot = 0;
    let square = 0;
    for (let i = 0; i < dim; i++) {
      dot += query[i] * gallery[picture * dim + i];
      square += gallery[picture * dim + i] ** 2;
    }
    return dot / Math.sqrt(square) / Math.hypot(...query);
  });
}

/** Rankings in float64, but for pairs too close to be told apart in float32, which may stand either way. */
async function expectRanked(queries: Float32Array, gallery: Float32Array, dim: number, k: number): Promise<void> {
  const size = gallery.length / dim;
  const rankings = splitRows(await rankGallery(device, queries, gallery, dim, k), Math.min(k, size));
  expect(rankings.length).toBe(queries.length / dim);
  for (const [row, ranking] of rankings.entries()) {
    const scores = cosines(queries.subarray(row * dim, (row + 1) * dim), gallery);
    const expected = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a] || a - b);
    expect(new Set(ranking).size).toBe(ranking.length);
    for (const [place, picture] of ranking.entries()) {
      if (picture === expected[place]) continue;
      // Equal pictures are never excused: they have the same score in float32, too.
      expect(scores[picture]).not.toBe(scores[expected[place]]);
      expect(Math.abs(scores[picture] - scores[expected[place]])).toBeLessThan(1e-6);
    }
  }
}

describe('rankGallery', () => {
  it('ranks by cosine similarity, whatever the lengths of features', async () => {
    const gallery = randomFeatures(333, 48, 1).map((value, i) => value * (1 + (Math.floor(i / 48) % 7)));
    await expectRanked(randomFeatures(70, 48, 2), gallery, 48, 50);
  });

  it('ranks more queries than fit into one run', async () => {
    await expectRanked(randomFeatures(600, 8, 3), randomFeatures(90, 8, 4), 8, 10);
  });

  it('gives exact ties to the lower index', async () => {
    const gallery = randomFeatures(200, 16, 5);
    for (const copy of [40, 77, 130, 199]) gallery.copyWithin(copy * 16, 3 * 16, 4 * 16);
    const query = gallery.slice(3 * 16, 4 * 16);
    const ranking = await rankGallery(device, query, gallery, 16, 64);
    expect([...ranking.subarray(0, 5)]).toEqual([3, 40, 77, 130, 199]);
    await expectRanked(randomFeatures(20, 16, 6), gallery, 16, 64);
  });

  it('ranks a gallery in shards as it does at once, ties across shards among them', async () => {
    const [queries, gallery] = [randomFeatures(40, 16, 7), randomFeatures(212, 16, 8)];
    // Copies in the same shard, in the next ones, and in the part of the last one that the shard before it has, too.
    for (const copy of [4, 66, 100, 150, 209]) gallery.copyWithin(copy * 16, 3 * 16, 4 * 16);
    queries.set(gallery.subarray(3 * 16, 4 * 16), 39 * 16);
    const whole = await rankGallery(device, queries, gallery, 16, 50);
    // Four shards, the last one mostly of pictures already seen; shards smaller than k.
    for (const shard of [64, 20]) {
      expect(await rankGallery(device, queries, gallery, 16, 50, shard), `shards of ${shard}`).toEqual(whole);
    }
    expect([...whole.subarray(39 * 50, 39 * 50 + 6)]).toEqual([3, 4, 66, 100, 150, 209]);
  });

  it('ranks the whole of a gallery smaller than k', async () => {
    const gallery = Float32Array.of(1, 0, 0, 1, 1, 1);
    expect([...(await rankGallery(device, Float32Array.of(2, 1), gallery, 2, 50))]).toEqual([2, 0, 1]);
  });

  it('ranks groups by the same scores and the same rule for ties, in shards as well', async () => {
    const [queries, gallery] = [randomFeatures(5, 16, 9), randomFeatures(60, 16, 10)];
    for (const copy of [7, 31, 58]) gallery.copyWithin(copy * 16, 20 * 16, 21 * 16);
    const groups = [[58, 3, 20, 7, 31], [1, 2, 59, 40, 0], [31, 58], [], [20, 20 + 1, 7, 5, 4, 6]];
    const whole = await rankWithGroups(device, queries, gallery, 16, 60, groups);
    for (const [query, ranking] of splitRows(whole.rankings, 60).entries()) {
      expect(whole.groups[query]).toEqual([...ranking].filter((picture) => groups[query].includes(picture)));
    }
    expect(whole.groups[2]).toEqual([31, 58]);
    expect(await rankWithGroups(device, queries, gallery, 16, 60, groups, 24)).toEqual(whole);
  });

  it('says what is wrong with its input', async () => {
    const two = new Float32Array(2).fill(1);
    await expect(rankGallery(device, new Float32Array(3), two, 2, 1)).rejects.toThrow('queries: expected rows of 2');
    await expect(rankGallery(device, two, new Float32Array(0), 2, 1)).rejects.toThrow('gallery');
    await expect(rankGallery(device, two, two, 2, 65)).rejects.toThrow('k: expected a whole number from 1 to 64');
    await expect(rankGallery(device, two, Float32Array.of(1, 1, 1, Number.NaN), 2, 1)).rejects.toThrow('NaN in row 1');
    expect(await rankGallery(device, new Float32Array(0), two, 2, 1)).toHaveLength(0);
  });
});
