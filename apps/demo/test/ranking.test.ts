// How the page ranks, and what it says of a query.
import { describe, expect, it } from 'vitest';
import { targetOf } from '../src/known.ts';
import { needOf, rankingOf } from '../src/ranking.ts';
import { suggest } from '../src/suggestions.ts';

describe('a ranking', () => {
  const scores = Float64Array.of(0.1, 0.9, 0.5, 0.9, -1);
  it('has the best rows first, equal ones in their order, and ranks from 1 on', () => {
    const ranking = rankingOf(scores, () => true, 3);
    expect(ranking.rows).toEqual([1, 3, 2]);
    expect([0, 1, 2, 3, 4].map((row) => ranking.rankOf(row))).toEqual([4, 1, 3, 2, 5]);
  });

  it('leaves out what is not wanted', () => {
    const ranking = rankingOf(scores, (row) => row !== 1, 5);
    expect(ranking.rows).toEqual([3, 2, 0, 4]);
    expect(ranking.rankOf(1)).toBeUndefined();
    expect(ranking.rankOf(2)).toBe(2);
  });
});

describe('what a query needs', () => {
  it.each([
    [3, 3, 3, 'either'],
    [3, 30, 3, 'image'],
    [30, 3, 30, 'text'],
    [30, 30, 10, 'both'],
    [30, 30, 11, 'nothing helps'],
    [undefined, 30, 2, 'both'],
  ] as const)('image %s, text %s, composed %s: %s', (image, text, composed, need) => {
    expect(needOf({ image, text, composed }, 10)).toBe(need);
  });
});

it('a known query is recognized, however it is typed', () => {
  const pictures = { ids: ['a', 'b', 'c'], queries: [{ reference: 1, target: 2, text: 'In Green' }] };
  expect(targetOf(pictures, 'b', ' in green ')).toBe(2);
  expect(targetOf(pictures, 'a', 'in green')).toBeUndefined();
  expect(targetOf(pictures, 'b', 'in red')).toBeUndefined();
});

describe('suggestions', () => {
  // Features with an axis for each of three colours.
  const features = Float32Array.of(1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1);
  const captions = {
    texts: ['red', 'green', 'blue', 'leaf'],
    saidOf: [[2], [0], [0, 2], [0]],
    features: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0.9, 0),
  };
  const reference = Float32Array.of(2, 0, 0);

  it('are what some of the results show and the reference does not', () => {
    const chosen = suggest(captions, { features, reference, found: [1, 2, 3, 4, 5] }, 2);
    expect(chosen.toSorted()).toEqual([1, 2]);
  });

  it('are said of images like the reference', () => {
    const elsewhere = { ...captions, saidOf: [[2], [4], [0], [4]] };
    expect(suggest(elsewhere, { features, reference, found: [1, 2, 3, 4, 5] }, 1)).toEqual([2]);
  });

  it('are not what all results show, nor the same thing twice', () => {
    expect(suggest(captions, { features, reference, found: [2, 3] }, 4)).not.toContain(3);
    expect(suggest(captions, { features, reference: undefined, found: [1, 2, 4] }, 4).toSorted()).toEqual([0, 1, 2]);
  });
});
