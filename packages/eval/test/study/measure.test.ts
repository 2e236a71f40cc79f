import { seededRandom } from '@webcir/data';
import { describe, expect, it } from 'vitest';
import { measure, type Quantity } from '../../src/study/measure.ts';
import { pairCounts, randomPairs } from '../../src/study/pairs.ts';
import { meanOverCategories, meanValue } from '../../src/study/scores.ts';
import { rangesOf, type Stage } from '../../src/study/space.ts';
import { meanOf } from '../../src/study/vectors.ts';
import { normal, oneCategory, spaceOf } from './spaces.ts';

const spacesOf = (...stages: Stage[]) => stages.map((stage) => spaceOf({ stage, dim: 2 }));

/** The mean of some values of the queries, which differ from stage to stage. */
const meanOfValues = (values: Partial<Record<Stage, readonly number[]>>): Quantity => ({
  name: 'mean',
  prepare: ({ stage }) =>
    values[stage] && { of: ['values'], statistic: ({ queries }) => [meanOf(values[stage]!, queries)] },
});

describe('measure', () => {
  const random = seededRandom(5);
  const values = Array.from({ length: 400 }, () => normal(random));
  const mean = values.reduce((a, b) => a + b) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);

  it('has the interval of a mean that theory gives: 1.96 standard errors either way', () => {
    const { measured } = measure(meanOfValues({ base: values }), spacesOf('base'), oneCategory(400), {
      seed: 1,
      resamples: 4000,
    });
    const reach = (1.96 * deviation) / Math.sqrt(values.length);
    expect(measured).toHaveLength(1);
    expect(measured[0]).toMatchObject({ quantity: 'mean', of: 'values', stage: 'base' });
    expect(measured[0].value).toBeCloseTo(mean, 12);
    expect(Math.abs(measured[0].low - (mean - reach))).toBeLessThan(0.06 * reach);
    expect(Math.abs(measured[0].high - (mean + reach))).toBeLessThan(0.06 * reach);
  });

  it('pairs stages: what moves every query alike moves for certain', () => {
    const shifted = values.map((value) => value + 0.25);
    const given = { base: values, stage1: shifted, stage2: shifted };
    const options = { seed: 1, resamples: 200 };
    const { changes } = measure(meanOfValues(given), spacesOf('base', 'stage1', 'stage2'), oneCategory(400), options);
    expect(changes.map(({ from, to }) => [from, to])).toEqual([
      ['base', 'stage1'],
      ['stage1', 'stage2'],
    ]);
    for (const end of ['low', 'value', 'high'] as const) {
      expect(changes[0][end]).toBeCloseTo(0.25, 12);
      expect(changes[1][end]).toBe(0);
    }
  });

  it('compares with the last stage that has the number', () => {
    const given = { base: values, stage2: values.map((value) => value - 1) };
    const spaces = spacesOf('base', 'stage1', 'stage2');
    const { changes } = measure(meanOfValues(given), spaces, oneCategory(400), { seed: 1, resamples: 50 });
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({ from: 'base', to: 'stage2', value: expect.closeTo(-1, 12) });
  });

  it('draws within categories: their sizes never change', () => {
    const strata = [
      { category: 'a', queries: 3, images: 2 },
      { category: 'b', queries: 5, images: 4 },
    ];
    const sizes = new Set<string>();
    const counting: Quantity = {
      name: 'sizes',
      prepare: () => ({
        of: ['size'],
        statistic: ({ queries, images }) => {
          const sum = (counts: Float64Array) => counts.reduce((a, b) => a + b, 0);
          const of = (counts: Float64Array, what: 'queries' | 'images') =>
            rangesOf(strata, what).map(({ start, end }) => sum(counts.subarray(start, end)));
          sizes.add([...of(queries, 'queries'), ...of(images, 'images')].join(' '));
          return [0];
        },
      }),
    };
    measure(counting, spacesOf('base'), strata, { seed: 2, resamples: 100 });
    expect([...sizes]).toEqual(['3 5 2 4']);
  });

  it('centres an interval where it is told to, and takes no more resamples than a quantity wants', () => {
    let calls = 0;
    const biased: Quantity = {
      name: 'distinct rows',
      maxResamples: 30,
      centred: true,
      prepare: () => ({
        of: ['queries'],
        statistic: ({ queries }) => {
          calls++;
          return [queries.filter((count) => count > 0).length];
        },
      }),
    };
    const { measured } = measure(biased, spacesOf('base'), oneCategory(50), { seed: 1, resamples: 1000 });
    expect(calls).toBe(31);
    expect(measured[0].value).toBe(50); // resamples hold about 32 of them
    expect(measured[0].low).toBeLessThan(50);
    expect(measured[0].high).toBeGreaterThan(50);
  });

  it('gives the same numbers for the same seed', () => {
    const run = (seed: number) =>
      measure(meanOfValues({ base: values }), spacesOf('base'), oneCategory(400), { seed, resamples: 40 });
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
  });

  it('lets no resample without any of the queries spoil an interval', () => {
    const rare = [1, ...Array<number>(9).fill(Number.NaN)];
    const { measured } = measure(meanOfValues({ base: rare }), spacesOf('base'), oneCategory(10), { seed: 1 });
    expect(measured[0]).toMatchObject({ value: 1, low: 1, high: 1 });
  });
});

describe('scores', () => {
  const strata = [
    { category: 'a', queries: 1, images: 1 },
    { category: 'b', queries: 3, images: 1 },
  ];
  const draw = { queries: new Float64Array([1, 1, 1, 1]), images: new Float64Array([1, 1]) };

  it('count every category alike, as the protocols do, or every query', () => {
    expect(meanOverCategories([1, 0, 0, 0], rangesOf(strata, 'queries'), draw)).toBe(0.5);
    expect(meanOverCategories([Number.NaN, 0, 1, Number.NaN], rangesOf(strata, 'queries'), draw)).toBe(0.5);
    const values = { base: [{ of: 'hits', values: [1, 0, 0, 0] }] };
    const of = (categories: boolean) =>
      meanValue('R', strata, values, { scale: 100, categories })
        .prepare(spaceOf({ dim: 2 }))!
        .statistic(draw)[0];
    expect([of(true), of(false)]).toEqual([50, 25]);
  });
});

describe('randomPairs', () => {
  it('pairs rows of one category, never with themselves, each as often first as second', () => {
    const strata = [
      { category: 'a', queries: 7, images: 1 },
      { category: 'b', queries: 2, images: 1 },
      { category: 'c', queries: 1, images: 1 },
    ];
    const { first, second } = randomPairs(strata, 'queries', 1);
    const categoryOf = (row: number) => (row < 7 ? 'a' : row < 9 ? 'b' : 'c');
    expect(first).toHaveLength(7 * 4 + 2);
    first.forEach((row, i) => {
      expect(second[i]).not.toBe(row);
      expect(categoryOf(second[i])).toBe(categoryOf(row));
    });
    const times = (list: Uint32Array) => Array.from({ length: 10 }, (_, row) => list.filter((r) => r === row).length);
    expect(times(first)).toEqual([4, 4, 4, 4, 4, 4, 4, 1, 1, 0]);
    expect(times(second)).toEqual(times(first));
    expect(new Set(first.map((row, i) => row * 100 + second[i])).size).toBe(30);
    expect(
      pairCounts({ first: new Uint32Array([0, 1]), second: new Uint32Array([1, 2]) }, new Float64Array([2, 3, 0])),
    ).toEqual(new Float64Array([6, 0]));
  });
});
