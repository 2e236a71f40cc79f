import { seededRandom } from '@webcir/data';
import { describe, expect, it } from 'vitest';
import { linearMix, sphericalMix } from '../../src/fusions/mixes.ts';
import { displacement, displacementDeviation } from '../../src/study/displacement.ts';
import {
  areaUnderCurve,
  histograms,
  MOMENTS,
  overlap,
  pairCosines,
  sensitivity,
  separation,
} from '../../src/study/separation.ts';
import { bestWeight, sweepRecall, WEIGHTS } from '../../src/study/sweep.ts';
import { all, normal, oneCategory, spaceOf } from './spaces.ts';

const kind = (positive: readonly number[], random: readonly number[]) => ({
  name: 'kind',
  positive: Float64Array.from(positive),
  random: Float64Array.from(random),
});
const ones = (count: number) => new Float64Array(count).fill(1);

describe('areaUnderCurve', () => {
  it('is the share of comparisons that a positive pair wins, ties counting half', () => {
    const random = seededRandom(6);
    const draw = (count: number) => Array.from({ length: count }, () => Math.floor(12 * random()) / 12);
    const [positive, negative] = [draw(20).map((value) => value + 0.25), draw(60)];
    const [a, b] = [positive.map(() => Math.floor(3 * random())), negative.map(() => Math.floor(3 * random()))];
    let [wins, comparisons] = [0, 0];
    positive.forEach((p, i) => {
      negative.forEach((n, j) => {
        wins += a[i] * b[j] * (p > n ? 1 : p === n ? 0.5 : 0);
        comparisons += a[i] * b[j];
      });
    });
    expect(areaUnderCurve(kind(positive, negative))(a, b)).toBeCloseTo(wins / comparisons, 12);
  });

  it('is 1 where all win, ½ where all are equal, and leaves out what is no pair', () => {
    expect(areaUnderCurve(kind([3, 4], [1, 2]))(ones(2), ones(2))).toBe(1);
    expect(areaUnderCurve(kind([1, 1], [1, 1]))(ones(2), ones(2))).toBe(0.5);
    expect(areaUnderCurve(kind([Number.NaN, 0], [1, 2]))(ones(2), ones(2))).toBe(0);
  });
});

describe('sensitivity', () => {
  it('is the distance of the means in standard deviations', () => {
    const random = seededRandom(9);
    const draw = (mean: number, deviation: number) =>
      Array.from({ length: 20_000 }, () => mean + deviation * normal(random));
    const found = sensitivity(kind(draw(3, 2), draw(0, 2)))(ones(20_000), ones(20_000));
    expect(Math.abs(found - 1.5)).toBeLessThan(0.03);
    expect(sensitivity(kind([1, 3], [0, 0]))(ones(2), ones(2))).toBeCloseTo(2 / Math.sqrt(0.5), 12);
  });
});

describe('overlap', () => {
  it('is 1 for equal histograms, 0 for apart ones, and the common part of others', () => {
    expect(overlap(kind([1, 2, 3], [1, 2, 3]))(ones(3), ones(3))).toBeCloseTo(1, 12);
    expect(overlap(kind([1, 2], [8, 9]))(ones(2), ones(2))).toBe(0);
    expect(overlap(kind([0, 1, 1, 1], [0, 0, 0, 1]))(ones(4), ones(4))).toBeCloseTo(0.5, 12);
    expect(overlap(kind([0, 1], [0, 1]))([3, 1], [1, 3])).toBeCloseTo(0.5, 12);
  });

  it('has histograms whose shares sum to one', () => {
    const { edges, positive, random } = histograms(kind([0, 0.5, Number.NaN, 1], [0.25, 1]));
    expect([edges[0], edges.at(-1), edges.length]).toEqual([0, expect.closeTo(1, 12), positive.length + 1]);
    for (const shares of [positive, random]) expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(positive.at(-1)).toBeCloseTo(1 / 3, 12);
  });
});

describe('pairCosines', () => {
  const pairs = { first: new Uint32Array([0, 1]), second: new Uint32Array([1, 0]) };
  const space = spaceOf(
    {
      dim: 2,
      targets: Float32Array.of(1, 0, 0, 2),
      queries: Float32Array.of(3, 0, 1, 1),
      gallery: Float32Array.of(0, 5, 1, 0),
    },
    2,
    2,
  );

  it('sets those that belong together beside random ones', () => {
    const found = pairCosines(space, pairs, Int32Array.of(0, -1));
    expect(found.map(({ name }) => name)).toEqual([
      'reference–target',
      'caption–target',
      'query–target',
      'target–target',
    ]);
    const [, , query, target] = found;
    expect([...query.positive]).toEqual([1, expect.closeTo(Math.SQRT1_2, 7)]);
    expect([...query.random]).toEqual([0, expect.closeTo(Math.SQRT1_2, 7)]);
    expect([...target.positive]).toEqual([0, Number.NaN]);
  });

  it('are measured over the resampled queries and the pairs that these make', () => {
    const draw = { queries: new Float64Array([3, 1]), images: new Float64Array([1, 1]) };
    const measured = (name: string) => {
      const { of, statistic } = separation(name, pairs, Int32Array.of(0, -1), MOMENTS[name]).prepare(space)!;
      return statistic(draw)[of.indexOf('query–target')];
    };
    expect(measured('mean cosine, belong together')).toBeCloseTo((3 + Math.SQRT1_2) / 4, 7);
    // Both random pairs are drawn three times: (0, 1) has a cosine of 0, (1, 0) of √½.
    expect(measured('mean cosine, random')).toBeCloseTo(Math.SQRT1_2 / 2, 7);
    expect(measured('mean cosine, random, standard deviation')).toBeCloseTo(Math.SQRT1_2 / 2, 7);
    expect(measured('mean cosine, belong together, standard deviation')).toBeCloseTo(
      ((1 - Math.SQRT1_2) * Math.sqrt(3)) / 4,
      7,
    );
  });

  it('leaves out targets of which no other is known, and what a stage has not changed', () => {
    expect(pairCosines(space, pairs, Int32Array.of(-1, -1))).toHaveLength(3);
    expect(pairCosines({ ...space, sameClip: true }, pairs, Int32Array.of(0, 0)).map(({ name }) => name)).toEqual([
      'query–target',
    ]);
  });
});

describe('displacement', () => {
  it('is 1 for a caption that is the step from its reference to its target, and not for the step of another', () => {
    const references = Float32Array.of(1, 1, 2, 0, 0, 3);
    const texts = Float32Array.of(1, 0, 0, 2, -3, -3);
    const targets = references.map((value, at) => value + 2 * texts[at]);
    const pairs = { first: new Uint32Array([0, 1]), second: new Uint32Array([1, 0]) };
    const space = spaceOf({ dim: 2, references, texts, targets }, 3, 2);
    const { of, statistic } = displacement(pairs).prepare(space)!;
    const values = statistic(all(3, 2));
    expect(of).toEqual(['raw', 'raw, of another query', 'centred', 'centred, of another query']);
    expect(values[0]).toBeCloseTo(1, 12);
    expect(values[1]).toBeCloseTo(0, 12);
    expect(values[2]).toBeCloseTo(1, 12);
    // less the mean of (-2/3, -1/3): (5/3, 1/3) and (2/3, 7/3)
    expect(values[3]).toBeCloseTo((10 + 7) / Math.sqrt(26 * 53), 6);
    expect(displacementDeviation.prepare(space)!.of).toEqual(['raw', 'centred']);
    for (const deviation of Array.from(displacementDeviation.prepare(space)!.statistic(all(3, 2)))) {
      expect(deviation).toBeCloseTo(0, 7);
    }
    expect(displacement(pairs).prepare({ ...space, sameClip: true })).toBeUndefined();
  });
});

describe('sweep', () => {
  const references = Float32Array.of(4, 0, 2, 2);
  const texts = Float32Array.of(0, 1, 1, 1);

  it('mixes from the reference alone to the text alone', () => {
    for (const mix of [linearMix, sphericalMix]) {
      const direction = (values: Float32Array) => Math.atan2(values[1], values[0]);
      expect(direction(mix(references, texts, 2, 0))).toBeCloseTo(0, 6);
      expect(direction(mix(references, texts, 2, 1))).toBeCloseTo(Math.PI / 2, 6);
    }
    expect([...linearMix(references, texts, 2, 0.5)]).toEqual([2, 0.5, 1.5, 1.5]);
  });

  it('goes along the great circle at an even pace, whatever the lengths', () => {
    for (const weight of [0.25, 0.5, 0.8]) {
      const [x, y, u, v] = sphericalMix(references, texts, 2, weight);
      expect(Math.atan2(y, x)).toBeCloseTo((weight * Math.PI) / 2, 6);
      expect(Math.hypot(x, y)).toBeCloseTo(1, 6);
      expect([u, v]).toEqual([expect.closeTo(Math.SQRT1_2, 6), expect.closeTo(Math.SQRT1_2, 6)]);
    }
  });

  it('finds the best weight, the first of equals', () => {
    const hitsAt = (best: readonly number[]) => WEIGHTS.map((weight) => [Number(best.includes(weight)), 0]);
    const hits = { base: { linear: hitsAt([0.7]), spherical: hitsAt([0.3, 0.9]) } };
    const space = spaceOf({ dim: 2 });
    expect(bestWeight(oneCategory(2), hits).prepare(space)!.statistic(all(2))).toEqual([0.7, 0.3]);
    const recalls = sweepRecall(oneCategory(2), hits).prepare(space)!;
    const values = recalls.statistic(all(2));
    expect(values[recalls.of.indexOf('linear, weight 0.7')]).toBe(50);
    expect(values[recalls.of.indexOf('linear, weight 0.8')]).toBe(0);
    expect(sweepRecall(oneCategory(2), hits).prepare({ ...space, stage: 'stage2' })).toBeUndefined();
  });
});
