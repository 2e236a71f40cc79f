import { describe, expect, it } from 'vitest';
import { recall } from '../../src/metrics.ts';
import { circo } from '../../src/protocols/circo.ts';
import { cirr } from '../../src/protocols/cirr.ts';
import { byAttribute } from '../../src/study/attributes-changed.ts';
import { captionTraits, frequentWords, wordsOf } from '../../src/study/caption-traits.ts';
import {
  convexTerm,
  lambdaOf,
  learnedTerm,
  learnedTermDeviation,
  queriesWithout,
  WITHOUT,
} from '../../src/study/combiner-parts.ts';
import { differences } from '../../src/study/differences.ts';
import { mainRecall } from '../../src/study/main-recall.ts';
import { movementApart } from '../../src/study/movement.ts';
import { byTrait, byWord, doublings, largestMoves, paraphraseMoves } from '../../src/study/moves.ts';
import {
  compositionGap,
  kindShares,
  needsBoth,
  recallsWhereBothAreNeeded,
  solvedBy,
} from '../../src/study/needs-both.ts';
import { keptNeighbours } from '../../src/study/neighbours.ts';
import { targetRanks } from '../../src/study/ranking.ts';
import { all, oneCategory, spaceOf } from './spaces.ts';

const ranks = (...targets: number[]) => targets.map((target) => ({ target }));

describe("the Combiner's parts", () => {
  const space = spaceOf(
    {
      dim: 2,
      stage: 'stage2',
      references: Float32Array.of(1, 0, 0, 4),
      texts: Float32Array.of(0, 2, 2, 0),
      parts: { learned: Float32Array.of(3, 4, 0, 1), lambda: Float32Array.of(0.25, 0.75) },
    },
    2,
    2,
  );

  it('add up to the query feature, less the part that is taken out', () => {
    expect([...convexTerm(space, space.parts!.lambda)]).toEqual([0.75, 0.5, 1.5, 1]);
    const without = Object.fromEntries(
      (Object.keys(WITHOUT) as (keyof typeof WITHOUT)[]).map((what) => [what, [...queriesWithout(space, what)]]),
    );
    expect(without).toEqual({
      'whole Combiner': [3.75, 4.5, 1.5, 2],
      'without the learned term': [0.75, 0.5, 1.5, 1],
      'without the convex term': [3, 4, 0, 1],
      'λ at its mean': [3.5, 5, 1, 3],
      'λ = ½': [3.5, 5, 1, 3],
      'convex term of the image alone': [4, 4, 0, 5],
      'convex term of the text alone': [3, 6, 2, 1],
    });
  });

  it('are measured where there is a Combiner', () => {
    expect(lambdaOf.prepare(space)!.statistic(all(2))).toEqual([0.5, 0.25]);
    const [ratio, cosine] = Array.from(learnedTerm.prepare(space)!.statistic(all(2)));
    const convex = [Math.hypot(0.75, 0.5), Math.hypot(1.5, 1)];
    expect(ratio).toBeCloseTo((5 / convex[0] + 1 / convex[1]) / 2, 12);
    expect(cosine).toBeCloseTo((4.25 / (5 * convex[0]) + 1 / convex[1]) / 2, 7);
    const spread = Array.from(learnedTermDeviation.prepare(space)!.statistic(all(2)));
    expect(spread[0]).toBeCloseTo(Math.abs(5 / convex[0] - 1 / convex[1]) / 2, 12);
    expect(lambdaOf.prepare(spaceOf({ dim: 2 }))).toBeUndefined();
    expect(learnedTerm.prepare(spaceOf({ dim: 2 }))).toBeUndefined();
  });

  it('lose what the whole has more', () => {
    const hits = {
      stage2: [
        { of: 'whole', values: [1, 1] },
        { of: 'part', values: [1, 0] },
      ],
    };
    const { of, statistic } = differences('lost', oneCategory(2), hits, 'whole').prepare(space)!;
    expect([of, statistic(all(2))]).toEqual([['part'], [-50]]);
  });
});

describe('what solves a query', () => {
  const base = { image: ranks(1, 9, 9, 9, 1), text: ranks(9, 1, 9, 9, 1), both: ranks(9, 9, 1, 0, 1) };
  const tuned = { image: ranks(9, 9, 9, 9, 9), text: ranks(9, 9, 9, 1, 9), both: ranks(1, 1, 1, 1, 1) };
  const kinds = { base: solvedBy(base, recall(5)), stage1: solvedBy(tuned, recall(5)) };

  it('is one half of it, only the whole, or nothing', () => {
    expect(kinds.base).toEqual(['image alone', 'text alone', 'both only', 'nobody', 'either alone']);
    const shares = kindShares(kinds.base);
    expect(shares.map(({ values }) => Array.from(values).reduce((a, b) => a + b))).toEqual([1, 1, 1, 1, 1, 3]);
  });

  it('leaves those that no stage solves by a half', () => {
    const needed = needsBoth(kinds);
    expect(needed).toEqual([false, false, true, false, false]);
    const recalls = recallsWhereBothAreNeeded({ base: base.both, stage1: tuned.both }, [recall(5)], needed);
    expect(recalls.needed.base![0].values).toEqual([Number.NaN, Number.NaN, 1, Number.NaN, Number.NaN]);
    const { statistic } = compositionGap(oneCategory(5), recalls).prepare(spaceOf({ dim: 2 }))!;
    expect(Array.from(statistic(all(5)))).toEqual([40 - 100]);
  });

  it('goes by the first recall that the protocol quotes, and by recall@10 where it has none', () => {
    expect(mainRecall(cirr).key).toBe('recall_at1');
    expect(mainRecall(circo).key).toBe('recall_at10');
  });
});

describe('targetRanks', () => {
  const strata = [
    { category: 'a', queries: 2, images: 3 },
    { category: 'b', queries: 1, images: 2 },
  ];
  const gallery = Float32Array.of(1, 0, 0, 3, 2, 2, 1, 0, 0, 1);
  const queries = Float32Array.of(1, 0.1, 1, 0, 0, 2);
  const target = Int32Array.of(1, 2, 3);

  it('look at the whole gallery of the category', () => {
    const removed = Int32Array.of(-1, -1, -1);
    expect([...targetRanks({ dim: 2, gallery }, queries, strata, { target, removed })]).toEqual([3, 2, 2]);
  });

  it('leave out the reference that the protocol takes out', () => {
    const removed = Int32Array.of(0, -1, 4);
    expect([...targetRanks({ dim: 2, gallery }, queries, strata, { target, removed })]).toEqual([2, 2, 1]);
  });

  it("keep the gallery's order among equals", () => {
    const same = { dim: 2, gallery: Float32Array.of(2, 0, 4, 0, 1, 0) };
    const rows = (row: number) => ({ target: Int32Array.of(row), removed: Int32Array.of(-1) });
    const one = oneCategory(1, 3);
    expect([0, 1, 2].map((row) => targetRanks(same, [1, 0], one, rows(row))[0])).toEqual([1, 2, 3]);
  });
});

describe('moves', () => {
  it('are counted in doublings', () => {
    expect([...doublings([8, 1, 5], [2, 4, 5])]).toEqual([2, -2, 0]);
    expect(largestMoves([8, 1, 5, 6], [2, 4, 5, 3], 1)).toEqual({
      up: [{ query: 0, before: 8, after: 2 }],
      down: [{ query: 1, before: 1, after: 4 }],
    });
  });

  it('of paraphrases go either way, and are none where there is no paraphrase', () => {
    const { base } = paraphraseMoves({ base: [8, 1, 5] }, { base: [2, 2, Number.NaN] });
    expect(base!.map(({ values }) => Array.from(values))).toEqual([
      [2, 1, Number.NaN],
      [1, 0, Number.NaN],
    ]);
  });

  it('of a row are told from those of its neighbours', () => {
    const before = Float64Array.of(0, 0, 1, 0, 2, 0, 9, 9);
    const after = Float64Array.of(3, 4, 4, 4, 2, -5, 9, 9);
    // The first goes with the second, which goes half as far with the mean of the first and the third.
    const found = movementApart(before, after, 2, [[1], [0, 2], [0], [2]]);
    expect(found[0]).toBe(0);
    expect(found[1]).toBeCloseTo(Math.hypot(3 - 1.5, 4 + 0.5) / 5, 12);
    expect(found[2]).toBeCloseTo(Math.hypot(-3, -9) / 5, 12);
    expect(found[3]).toBeNaN();
  });

  it('count the neighbours that stay', () => {
    const lists = (...rows: number[][]) => rows.map((row) => Uint32Array.from(row));
    expect([...keptNeighbours(lists([1, 2], [3, 4]), lists([2, 1], [4, 9]))]).toEqual([1, 0.5]);
  });
});

describe('attributes', () => {
  it('tell queries apart by what their captions change, and by how much of it', () => {
    const changed = [['tone'], ['tone', 'fit'], [], ['fit']];
    const found = byAttribute(
      changed.map((names) => ({ changed: names })),
      [1, 2, 3, 4],
    );
    expect(found).toEqual([
      { of: 'fit', values: [Number.NaN, 2, Number.NaN, 4] },
      { of: 'tone', values: [1, 2, Number.NaN, Number.NaN] },
      { of: 'one attribute', values: [1, Number.NaN, Number.NaN, 4] },
      { of: '2 attributes', values: [Number.NaN, 2, Number.NaN, Number.NaN] },
    ]);
  });

  it('are none where the data set knows none', () => {
    expect(byAttribute([{}, {}], [1, 2])).toEqual([]);
  });
});

describe('captions', () => {
  const captions = ['Is darker', 'Has long sleeves', 'is not striped and has no long sleeves at all', 'is fine'];

  it('have the traits of their words and of their length', () => {
    const traits = Object.fromEntries(captionTraits(captions).map(({ trait, has }) => [trait, has]));
    expect(traits.colour).toEqual([true, false, false, false]);
    expect(traits.pattern).toEqual([false, false, true, false]);
    expect(traits.sleeves).toEqual([false, true, true, false]);
    expect(traits['a negation']).toEqual([false, false, true, false]);
    expect(traits['short (up to 2 words)']).toEqual([true, false, false, true]);
    expect(traits['long (over 3 words)']).toEqual([false, false, true, false]);
  });

  it('are looked at by trait and by frequent word', () => {
    expect(byTrait(captions, [1, 2, 3, 4])[0]).toEqual({ of: 'all captions', values: [1, 2, 3, 4] });
    expect(byTrait(captions, [1, 2, 3, 4]).find(({ of }) => of === 'sleeves')!.values).toEqual([
      Number.NaN,
      2,
      3,
      Number.NaN,
    ]);
    expect(frequentWords(captions, 2).map(({ word }) => word)).toEqual(['long', 'sleeves']);
    const many = Array.from({ length: 60 }, (_, i) => captions[i % 4]);
    expect(
      byWord(
        many,
        many.map(() => 1),
      ).map(({ of }) => of),
    ).toEqual(['long', 'sleeves']);
    expect(wordsOf('V-neck, it isn’t RED.')).toEqual(['v-neck', 'it', 'isn', 't', 'red']);
  });
});
