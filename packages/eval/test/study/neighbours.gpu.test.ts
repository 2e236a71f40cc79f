// The neighbours that the device finds are those of float64.
import { seededRandom } from '@webcir/data';
import { openDevice } from '@webcir/kernels';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nearestOthers } from '../../src/study/movement.ts';
import { nearestInGallery } from '../../src/study/neighbours.ts';
import { cosines, dotRows, unitRows } from '../../src/study/vectors.ts';
import { spaceOf } from './spaces.ts';

let device: Awaited<ReturnType<typeof openDevice>>;
beforeAll(async () => {
  device = await openDevice();
});
afterAll(() => device.close());

const [dim, count, k] = [20, 70, 6];
const random = seededRandom(11);
const rows = Float32Array.from({ length: count * dim }, () => random() - 0.5);

/** The best `k` rows of a table for one row, in float64. */
function best(row: Float32Array, table: Float32Array, k: number, but = -1): number[] {
  const [unit, units] = [unitRows(row, dim), unitRows(table, dim)];
  return Array.from({ length: table.length / dim }, (_, i) => i)
    .filter((i) => i !== but)
    .sort((a, b) => dotRows(unit, 0, units, b, dim) - dotRows(unit, 0, units, a, dim))
    .slice(0, k);
}
const rowOf = (table: Float32Array, i: number) => table.subarray(i * dim, (i + 1) * dim);

it('others of the same set, with their cosines', async () => {
  const found = await nearestOthers(device, rows, dim, k);
  expect(found.rows).toEqual(Array.from({ length: count }, (_, i) => best(rowOf(rows, i), rows, k, i)));
  const pairs = found.rows.flatMap((list, i) => list.map((other) => [i, other] as const));
  const table = (which: 0 | 1) => Float32Array.from(pairs.flatMap((pair) => [...rowOf(rows, pair[which])]));
  for (const [at, cosine] of cosines(table(0), table(1), dim).entries()) {
    expect(Math.abs(found.cosines.flat()[at] - cosine)).toBeLessThan(1e-6);
  }
});

it('never the row itself, however many are equal to it', async () => {
  const equal = Float32Array.from({ length: 5 * dim }, (_, at) => (at % dim) + 1);
  const { rows: lists } = await nearestOthers(device, equal, dim, 3);
  for (const [row, list] of lists.entries()) {
    expect(list).toHaveLength(3);
    expect(list).not.toContain(row);
  }
});

it("images of each query's own category", async () => {
  const space = spaceOf({ dim }, 9, 40);
  const strata = [
    { category: 'a', queries: 4, images: 25 },
    { category: 'b', queries: 5, images: 15 },
  ];
  const found = await nearestInGallery(device, space, space.queries, strata, k);
  const [first, second] = [space.gallery.subarray(0, 25 * dim), space.gallery.subarray(25 * dim)];
  expect(found.map((list) => [...list])).toEqual(
    Array.from({ length: 9 }, (_, i) => best(rowOf(space.queries, i), i < 4 ? first : second, k)),
  );
});
