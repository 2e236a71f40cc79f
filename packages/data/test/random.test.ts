import { expect, it } from 'vitest';
import { pick, seededRandom, seedOf, shuffled } from '../src/index.ts';

it('a shuffle puts every element in every place with equal chances', () => {
  const random = seededRandom(1);
  const trials = 6000;
  const counts = [0, 1, 2, 3].map(() => [0, 0, 0, 0]);
  for (let trial = 0; trial < trials; trial++)
    for (const [place, element] of shuffled([0, 1, 2, 3], random).entries()) counts[element][place]++;
  // Five standard deviations.
  for (const count of counts.flat())
    expect(Math.abs(count - trials / 4)).toBeLessThan(5 * Math.sqrt(trials * 0.25 * 0.75));
});

it('a shuffle leaves the list that it is given as it is', () => {
  const list = [1, 2, 3];
  expect(shuffled(list, seededRandom(2)).toSorted()).toEqual([1, 2, 3]);
  expect(list).toEqual([1, 2, 3]);
});

it('numbers are in [0, 1), the same for the same seed, others for another one', () => {
  const draw = (seed: number) => Array.from({ length: 1000 }, seededRandom(seed));
  const numbers = draw(7);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...numbers)).toBeLessThan(1);
  expect(numbers.reduce((sum, value) => sum + value, 0) / 1000).toBeCloseTo(0.5, 1);
  expect(draw(7)).toEqual(numbers);
  expect(draw(8)).not.toEqual(numbers);
});

it('the seed of a name is FNV-1a of it', () => {
  // The published vectors of FNV-1a, 32 bits.
  expect([seedOf(''), seedOf('a'), seedOf('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
});

it('any element may be picked', () => {
  const random = seededRandom(3);
  expect(new Set(Array.from({ length: 100 }, () => pick(['a', 'b', 'c'], random))).size).toBe(3);
});
