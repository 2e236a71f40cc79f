import { expect, it } from 'vitest';
import { splitEven, splitIntoBatches, splitTexts } from '../src/batch-size.ts';

/** What a way to split costs; each batch costs as much for every place in it as its last item. */
const costOf = (sizes: readonly number[], costs: readonly number[], perBatch: number) => {
  let first = 0;
  return sizes.reduce((sum, size) => {
    const last = Math.min(first + size, costs.length) - 1;
    first = last + 1;
    return sum + perBatch + size * costs[last];
  }, 0);
};

/** All ways to split so many items. */
function* waysOf(count: number, sizes: readonly number[]): Generator<number[]> {
  if (count <= 0) yield [];
  else for (const size of sizes) for (const rest of waysOf(count - size, sizes)) yield [size, ...rest];
}

it('splits in the cheapest of all ways', () => {
  const costs = [8, 8, 8, 10, 12, 12, 16, 40, 77];
  for (const perBatch of [0, 5, 64, 1000]) {
    const least = Math.min(...[...waysOf(9, [1, 2, 4, 8])].map((way) => costOf(way, costs, perBatch)));
    const found = splitIntoBatches(costs, 8, perBatch);
    expect(costOf(found, costs, perBatch)).toBe(least);
    expect(found.every((size) => [1, 2, 4, 8].includes(size))).toBe(true);
  }
});

it('fills up a batch where that is cheaper than another one', () => {
  expect(splitEven(16, 16)).toEqual([16]);
  expect(splitEven(15, 16)).toEqual([16]);
  expect(splitEven(9, 16).toSorted()).toEqual([1, 8]);
  expect(splitEven(3, 16)).toEqual([4]);
  expect(splitEven(1, 16)).toEqual([1]);
  expect(splitEven(0, 16)).toEqual([]);
  expect(splitEven(40, 12)).toEqual([12, 12, 12, 4]); // no power of two: all that a device can bind
});

it('does not run short texts as long as long ones', () => {
  const lengths = [...Array(16).fill(8), ...Array(16).fill(40)];
  expect(splitTexts(lengths, 32)).toEqual([16, 16]);
  expect(splitTexts(Array(32).fill(8), 32)).toEqual([32]);
});
