import { seededRandom } from '@webcir/data';
import { describe, expect, it } from 'vitest';
import { bootstrapDifference } from '../src/bootstrap.ts';

/** Paired hits: both methods share the difficulty of a query, and A solves `gain` more of them. */
function pairedHits(count: number, gain: number, seed: number) {
  const random = seededRandom(seed);
  const difficulty = Float64Array.from({ length: count }, random);
  return { a: difficulty.map((d) => Number(d < 0.3 + gain)), b: difficulty.map((d) => Number(d < 0.3)) };
}

describe('bootstrapDifference', () => {
  const dress = pairedHits(1000, 0.1, 1);
  const shirt = pairedHits(500, 0.2, 2);
  const a = { dress: dress.a, shirt: shirt.a };
  const b = { dress: dress.b, shirt: shirt.b };

  it('finds a known difference, as the unweighted mean over categories', () => {
    const { difference, low, high } = bootstrapDifference(a, b, { seed: 3 });
    expect(difference).toBeGreaterThan(12);
    expect(difference).toBeLessThan(18);
    expect(low).toBeLessThan(difference);
    expect(high).toBeGreaterThan(difference);
    // The normal interval of the same data: per category, the variance of the mean of paired differences.
    const variance = (p: number, n: number) => (p * (1 - p)) / n;
    const expected = 2 * 1.96 * 100 * Math.sqrt((variance(0.1, 1000) + variance(0.2, 500)) / 4);
    expect((high - low) / expected).toBeGreaterThan(0.85);
    expect((high - low) / expected).toBeLessThan(1.15);
  });

  it('is antisymmetric in what it reports and the same for the same seed', () => {
    const forth = bootstrapDifference(a, b, { seed: 3 });
    const back = bootstrapDifference(b, a, { seed: 3 });
    expect(back.difference).toBeCloseTo(-forth.difference, 10);
    expect(bootstrapDifference(a, b, { seed: 3 })).toEqual(forth);
    expect(bootstrapDifference(a, b, { seed: 4 })).not.toEqual(forth);
  });

  it('holds 95 % of the time where nothing differs', () => {
    let held = 0;
    for (let trial = 0; trial < 200; trial++) {
      const random = seededRandom(1000 + trial);
      const coin = () => Float64Array.from({ length: 200 }, () => Number(random() < 0.4));
      const { low, high } = bootstrapDifference({ all: coin() }, { all: coin() }, { resamples: 400, seed: trial });
      held += Number(low <= 0 && high >= 0);
    }
    expect(held).toBeGreaterThanOrEqual(180);
    expect(held).toBeLessThan(200);
  });

  it('pairs categories by their own names only', () => {
    expect(() => bootstrapDifference({ constructor: [1] }, { dress: [1] }, { seed: 1 })).toThrow(
      'category constructor: expected hits of the same queries twice, found 1 and 0',
    );
  });

  it('draws every query alike', () => {
    // The number of times that one query of four is drawn in four draws is binomial: its quantiles are 0 and 3.
    for (const hits of [
      [1, 0, 0, 0],
      [0, 0, 0, 1],
    ]) {
      const found = bootstrapDifference({ all: hits }, { all: [0, 0, 0, 0] }, { seed: 5 });
      expect(found).toEqual({ difference: 25, low: 0, high: 75 });
    }
  });

  it('rejects hits that do not pair up', () => {
    expect(() => bootstrapDifference({}, {}, { seed: 0 })).toThrow('same categories');
    expect(() => bootstrapDifference({ dress: [1] }, { shirt: [1] }, { seed: 0 })).toThrow('category dress');
    expect(() => bootstrapDifference({ dress: [1, 0] }, { dress: [1] }, { seed: 0 })).toThrow('found 2 and 1');
  });
});
