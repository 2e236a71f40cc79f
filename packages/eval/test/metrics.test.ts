import { describe, expect, it } from 'vitest';
import { groupRecall, hitRate, meanAveragePrecision, ndcg, recall } from '../src/metrics.ts';
import { cirr } from '../src/protocols/cirr.ts';
import { fashionIqOriginal } from '../src/protocols/fashioniq.ts';
import { type Ranks, scoreCategories } from '../src/protocols/protocol.ts';
import { ranksOf } from '../src/ranks.ts';

describe('recall', () => {
  const rankings = [[3, 1, 2], Uint32Array.of(0, 3, 1)];
  const ranks = rankings.map((ranking) => ranksOf(ranking, { target: 1 }));

  it('counts targets among the first k', () => {
    expect(ranks.map(recall(1).of)).toEqual([0, 0]);
    expect(ranks.map(recall(2).of)).toEqual([1, 0]);
    expect(ranks.map(recall(3).of)).toEqual([1, 1]);
    expect(recall(10).of(ranksOf([3, 2], { target: 1 }))).toBe(0);
  });

  it('weights categories alike, however many queries they have', () => {
    const [hit, miss] = [{ target: 1 }, { target: 0 }];
    const rows = scoreCategories(fashionIqOriginal, [
      { category: 'shirt', ranks: [hit, miss, miss, miss] },
      { category: 'dress', ranks: [hit] },
    ]);
    expect(rows.map(({ category, recall_at10 }) => [category, recall_at10])).toEqual([
      ['shirt', 25],
      ['dress', 100],
      ['mean', 62.5],
    ]);
  });

  it('says what does not fit together', () => {
    expect(() => scoreCategories(fashionIqOriginal, [])).toThrow('expected at least one');
    expect(() => scoreCategories(fashionIqOriginal, [{ category: 'dress', ranks: [] }])).toThrow('category dress');
  });
});

describe('CIRR', () => {
  it('looks at the place in the gallery and in the group, and at the mean of R@5 and Rs@1', () => {
    const ranks: Ranks[] = [
      { target: 1, group: 1 },
      { target: 5, group: 1 },
      { target: 9, group: 2 },
      { target: 0, group: 4 },
    ];
    expect(scoreCategories(cirr, [{ category: 'all', ranks }])).toEqual([
      {
        category: 'all',
        recall_at1: 25,
        recall_at5: 50,
        recall_at10: 75,
        recall_at50: 75,
        group_recall_at1: 50,
        group_recall_at2: 75,
        group_recall_at3: 75,
        mean_recall_at5_group_recall_at1: 50,
      },
    ]);
    expect(groupRecall(3).of({ target: 1 })).toBe(0);
  });

  it("ranks checkpoints by CLIP4Cir's three means over the seven recalls", () => {
    const keys = cirr.metrics.slice(0, 7).map(({ key }) => key);
    const scoresOf = (values: number[]) => Object.fromEntries(keys.map((key, i) => [key, values[i]]));
    const score = (values: number[]) =>
      Object.fromEntries(cirr.criteria.map(({ name, of }) => [name, of(scoresOf(values))]));
    // Python's statistics.mean, harmonic_mean and geometric_mean.
    const found = score([30, 60, 75, 92, 65, 83, 93]);
    expect(found.arithmetic).toBeCloseTo(71.14285714285714, 10);
    expect(found.harmonic).toBeCloseTo(62.2840107963953, 10);
    expect(found.geometric).toBeCloseTo(67.26659239042485, 10);
    expect(score([0, 60, 75, 92, 65, 83, 93])).toMatchObject({ harmonic: 0, geometric: 0 });
  });
});

describe('mean average precision', () => {
  const averagePrecision = (ranking: number[], correct: number[], k: number) =>
    meanAveragePrecision(k).of(ranksOf(ranking, { target: correct[0], correct }));

  it('is the mean of precisions at the correct images', () => {
    // Correct at ranks 1 and 3 of two: (1/1 + 2/3) / 2; at rank 2 of one: 1/2.
    expect(averagePrecision([7, 1, 8, 2], [8, 7], 4)).toBeCloseTo((1 + 2 / 3) / 2, 12);
    expect(averagePrecision([1, 9, 2, 3], [9], 4)).toBe(1 / 2);
    expect(meanAveragePrecision(4).of({ target: 2 })).toBe(1 / 2);
  });

  it('divides by k where more images are correct than are looked at', () => {
    expect(averagePrecision([1, 2, 3], [1, 2, 3, 4], 2)).toBe(1);
    expect(averagePrecision([1, 9, 3], [1, 2, 3, 4], 2)).toBe(1 / 2);
  });

  it('counts correct images that are not found, or not in the gallery', () => {
    expect(averagePrecision([1, 9, 3], [1, -1], 3)).toBe(1 / 2);
  });
});

describe('nDCG', () => {
  it('weighs a rank by its logarithm', () => {
    // One correct image: 1 / log2(1 + rank).
    expect([1, 3, 7].map((target) => ndcg(10).of({ target }))).toEqual([1, 1 / 2, 1 / 3]);
    expect([0, 11].map((target) => ndcg(10).of({ target }))).toEqual([0, 0]);
  });

  it('compares several correct images with their best ranking', () => {
    // Ranks 1 and 7 of three correct ones, the third not found: (1 + 1/3) / (1 + 1/log2(3) + 1/2).
    expect(ndcg(10).of({ target: 7, correct: [7, 1, 0] })).toBeCloseTo(0.62570496803, 10);
    expect(ndcg(10).of({ target: 2, correct: [2, 1] })).toBe(1);
    // Of more correct images than are looked at, only as many can be found.
    expect(ndcg(2).of({ target: 1, correct: [1, 2, 3, 4] })).toBe(1);
  });

  it('hits where any correct image is among the first', () => {
    expect([4, 5].map((k) => hitRate(k).of({ target: 9, correct: [9, 5] }))).toEqual([0, 1]);
    expect(hitRate(5).of({ target: 0 })).toBe(0);
  });
});
