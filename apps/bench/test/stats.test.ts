import { describe, expect, it } from 'vitest';
import { numbers } from '../src/measure/numbers.ts';
import { shareOfCeiling } from '../src/measure/share.ts';
import { median, ratioOf, timingOf } from '../src/measure/stats.ts';

describe('median', () => {
  it('is the middle value, or the mean of the middle two', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });

  it('is not made of nothing', () => {
    expect(() => median([])).toThrow(RangeError);
  });
});

describe('the interval of a median', () => {
  // Ranks as in tables of the sign test, at 95 %.
  it.each([
    [1, 1],
    [5, 1],
    [7, 1],
    [9, 2],
    [12, 3],
    [20, 6],
    [25, 8],
  ])('of %i samples leaves out the outer ones, from rank %i', (count, rank) => {
    const { low, high } = timingOf(Array.from({ length: count }, (_, i) => count - i));
    expect([low, high]).toEqual([rank, count + 1 - rank]);
  });

  it('holds the true median about as often as it says', () => {
    const trials = 2000;
    const all = numbers('trials', trials * 9);
    let held = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { low, high } = timingOf(Array.from(all.subarray(9 * trial, 9 * trial + 9)));
      if (low <= 0 && 0 <= high) held++;
    }
    // Exactly 96.09 %, give or take four standard deviations.
    expect(held / trials).toBeGreaterThan(0.943);
    expect(held / trials).toBeLessThan(0.979);
  });
});

it('ratios are taken round by round, so that what slows both does not count', () => {
  const { median, low, high } = ratioOf([20, 200, 2000], [10, 100, 1000]);
  expect([low, median, high]).toEqual([2, 2, 2]);
  expect(() => ratioOf([1], [1, 2])).toThrow('as many rounds');
});

it('the ceiling that binds is the one that allows less', () => {
  const ceilings = { gflops: 100, gbps: 10 };
  expect(shareOfCeiling({ flops: 1e9, bytes: 1e6 }, 20, ceilings)).toEqual({ share: 0.5, by: 'arithmetic' });
  expect(shareOfCeiling({ flops: 1e6, bytes: 1e8 }, 40, ceilings)).toEqual({ share: 0.25, by: 'memory' });
  expect(shareOfCeiling({ bytes: 1e8 }, 10, ceilings)).toEqual({ share: 1, by: 'memory' });
});

it('seeded numbers are the ones that torch_peer.py makes, and spread evenly', () => {
  // numbers("x", 4) of torch_peer.py
  expect(Array.from(numbers('x', 4))).toEqual([
    -0.08572125434875488, -0.1489168405532837, -0.07211816310882568, 0.3086632490158081,
  ]);
  const many = numbers('many', 100_000, 3);
  const mean = many.reduce((sum, value) => sum + value, 0) / many.length;
  const square = many.reduce((sum, value) => sum + value * value, 0) / many.length;
  expect(Math.abs(mean)).toBeLessThan(0.02);
  expect(square).toBeCloseTo(3, 1);
});
