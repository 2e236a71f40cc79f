import { type GalleryStorage, openDevice } from '@webcir/kernels';
import { uniform as seededRandom } from '@webcir/kernels/cases';
import { afterAll, describe, expect, it } from 'vitest';
import { cosines } from '../src/cosine.ts';
import { batchFor } from '../src/gallery-index.ts';
import { GalleryIndex, type GalleryOptions, type Neighbours } from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

/** Index and cosine similarity of the whole gallery in float64, best first; equal ones in the gallery's order. */
function ranked(query: Float32Array, gallery: Float32Array): { index: number; score: number }[] {
  const dim = query.length;
  const scores = Array.from({ length: gallery.length / dim }, (_, index) => {
    let dot = 0;
    let square = 0;
    for (let i = 0; i < dim; i++) {
      dot += query[i] * gallery[index * dim + i];
      square += gallery[index * dim + i] ** 2;
    }
    return { index, score: dot / Math.sqrt(square) / Math.hypot(...query) };
  });
  return scores.sort((a, b) => b.score - a.score || a.index - b.index);
}

async function found(
  gallery: Float32Array,
  queries: Float32Array,
  dim: number,
  k: number,
  options: GalleryOptions,
): Promise<Neighbours> {
  const index = await GalleryIndex.create(device, gallery, dim, options);
  const neighbours = await index.search(queries, k);
  await index.dispose();
  return neighbours;
}

/**
 * Rows of sixteen ones, of either sign, among zeros: they normalize to quarters, so that float32 and halves hold them
 * and their scores exactly, and many scores are equal.
 */
function signs(rows: number, dim: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  const values = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    const first = Math.floor(random() * (dim - 15));
    for (let i = first; i < first + 16; i++) values[row * dim + i] = random() < 0.5 ? -1 : 1;
  }
  return values;
}

function normals(rows: number, dim: number, seed: number): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length: rows * dim }, () => random() + random() + random() - 1.5);
}

const storages: readonly GalleryStorage[] = ['f32', 'f16'];

describe('a gallery index', () => {
  for (const storage of storages) {
    for (const [size, dim, count, shardRows] of [
      [500, 18, 45, undefined],
      [500, 18, 45, 64],
      [389, 20, 45, 192],
      [3400, 640, 1, 3392], // more than one block of an upload
    ] as const) {
      it(`finds what brute force finds: ${size} x ${dim} ${storage}, shards of ${shardRows ?? size}`, async () => {
        const gallery = signs(size, dim, 1);
        const queries = signs(count, dim, 2);
        const { k, indices, scores } = await found(gallery, queries, dim, 100, { storage, shardRows });
        expect(k).toBe(100);
        for (let query = 0; query < count; query++) {
          const expected = ranked(queries.subarray(query * dim, (query + 1) * dim), gallery).slice(0, k);
          expect([...indices.subarray(query * k, (query + 1) * k)]).toEqual(expected.map(({ index }) => index));
          expect([...scores.subarray(query * k, (query + 1) * k)]).toEqual(expected.map(({ score }) => score));
        }
      });
    }

    it(`ranks by cosine similarity, whatever the lengths of features: ${storage}`, async () => {
      const [size, dim, k] = [700, 33, 40];
      const gallery = normals(size, dim, 3).map((value, i) => value * (1 + (Math.floor(i / dim) % 7)));
      const queries = normals(300, dim, 4);
      const { indices, scores } = await found(gallery, queries, dim, k, { storage, shardRows: 256 });
      const tolerance = storage === 'f32' ? 1e-6 : 4e-4; // half a unit in the last of eleven bits is 2.4e-4
      for (const query of [0, 1, 255, 256, 299]) {
        const expected = ranked(queries.subarray(query * dim, (query + 1) * dim), gallery);
        const exact = new Map(expected.map(({ index, score }) => [index, score]));
        const best = indices.subarray(query * k, (query + 1) * k);
        expect(new Set(best).size).toBe(k);
        for (const [place, index] of best.entries()) {
          expect(Math.abs(scores[query * k + place] - exact.get(index)!)).toBeLessThan(tolerance);
          expect(Math.abs(exact.get(index)! - expected[place].score)).toBeLessThan(2 * tolerance);
        }
      }
    });
  }

  it('is off by no more than it says where it keeps bytes, also with dimensions that all images share', async () => {
    const [size, dim, k] = [1500, 34, 20];
    const gallery = normals(size, dim, 3).map((value, i) => (i % dim === 5 ? 40 + value : i % dim === 9 ? 3 : value));
    gallery.fill(0, 7 * dim, 8 * dim);
    const queries = normals(20, dim, 4);
    const index = await GalleryIndex.create(device, gallery, dim, { storage: 'i8', shardRows: 448 });
    const { indices, scores } = await index.search(queries, k);
    let largest = 0;
    for (let q = 0; q < 20; q++) {
      const query = queries.subarray(q * dim, (q + 1) * dim);
      const tolerance = index.tolerance(query);
      expect(tolerance).toBeLessThan(0.01);
      const exact = cosines(gallery, query);
      const all = await index.scores(query);
      for (const [row, score] of all.entries()) {
        expect(Math.abs(score - exact[row])).toBeLessThan(tolerance);
        largest = Math.max(largest, Math.abs(score - exact[row]) / tolerance);
      }
      const best = [...indices.subarray(q * k, (q + 1) * k)];
      expect([...scores.subarray(q * k, (q + 1) * k)]).toEqual(best.map((row) => all[row]));
      expect(best).toEqual([...all.keys()].sort((a, b) => all[b] - all[a] || a - b).slice(0, k));
    }
    expect(largest).toBeGreaterThan(0.2); // what it says is not far from what there is
    await index.dispose();
  });

  it.each(['f16', 'i8'] as const)('answers one, eight and more queries alike, to the bit: %s', async (storage) => {
    const gallery = normals(1000, 64, 5);
    const queries = normals(40, 64, 6);
    const index = await GalleryIndex.create(device, gallery, 64, { storage });
    const all = await index.search(queries, 10);
    for (const [start, end] of [
      [0, 1],
      [7, 8],
      [3, 9],
      [20, 40],
    ]) {
      const { indices, scores } = await index.search(queries.subarray(start * 64, end * 64), 10);
      expect(indices).toEqual(all.indices.subarray(start * 10, end * 10));
      expect(scores).toEqual(all.scores.subarray(start * 10, end * 10));
    }
    await index.dispose();
  });

  it('finds in shards what it finds at once, to the bit, and of equal images the first', async () => {
    const [gallery, queries] = [normals(212, 16, 7), normals(40, 16, 8)];
    for (const copy of [4, 66, 100, 150, 209]) gallery.copyWithin(copy * 16, 3 * 16, 4 * 16);
    queries.set(gallery.subarray(3 * 16, 4 * 16), 39 * 16);
    const whole = await found(gallery, queries, 16, 50, {});
    expect(await found(gallery, queries, 16, 50, { shardRows: 64 })).toEqual(whole);
    expect([...whole.indices.subarray(39 * 50, 39 * 50 + 6)]).toEqual([3, 4, 66, 100, 150, 209]);
  });

  it('asks as many queries at once as are left and fit into a buffer', () => {
    expect([1, 2, 16, 17, 128, 129, 1000].map((queries) => batchFor(queries, 100_000, 2 ** 27))).toEqual([
      1, 8, 8, 32, 32, 256, 256,
    ]);
    expect([2 ** 20, 2 ** 20 + 8, 2 ** 23 + 8].map((size) => batchFor(1000, size, 2 ** 27))).toEqual([256, 32, 8]);
  });

  it('gives the whole of a gallery smaller than k', async () => {
    const { k, indices } = await found(Float32Array.of(1, 0, 0, 1, 1, 1), Float32Array.of(2, 1), 2, 50, {});
    expect(k).toBe(3);
    expect([...indices]).toEqual([2, 0, 1]);
  });

  it('takes no padding for an image, not even where all similarities are negative', async () => {
    const gallery = Float32Array.from({ length: 18 }, (_, i) => (i % 2 === 0 ? -1 : 1 - i / 18));
    const { indices, scores } = await found(gallery, Float32Array.of(1, 0), 2, 1, {});
    expect([...indices]).toEqual([0]);
    expect(scores[0]).toBeLessThan(0);
  });

  it('says what is wrong with its input', async () => {
    const two = new Float32Array(4).fill(1);
    const create = (features: Float32Array, dim: number, options?: GalleryOptions) =>
      GalleryIndex.create(device, features, dim, options);
    await expect(create(two, 3)).rejects.toThrow('gallery: expected rows of 3 values, found 4');
    await expect(create(new Float32Array(0), 2)).rejects.toThrow('gallery: expected at least one image');
    await expect(create(Float32Array.of(1, 1, 1, Number.NaN), 2)).rejects.toThrow('NaN in row 1');
    await expect(create(two, 2, { shardRows: 100 })).rejects.toThrow('shardRows: expected a multiple of 64, found 100');
    const index = await create(two, 2);
    await expect(index.search(new Float32Array(3), 1)).rejects.toThrow('queries: expected rows of 2 values, found 3');
    await expect(index.search(two, 0)).rejects.toThrow('k: expected a whole number from 1 to 128, found 0');
    await expect(index.search(two, 129)).rejects.toThrow('found 129');
    await expect(index.search(Float32Array.of(1, Number.POSITIVE_INFINITY), 1)).rejects.toThrow('Infinity in row 0');
    expect((await index.search(new Float32Array(0), 1)).indices).toHaveLength(0);
    await index.dispose();
  });
});
