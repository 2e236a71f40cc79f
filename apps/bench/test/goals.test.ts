import { describe, expect, it } from 'vitest';
import { type Costs, stage1Epochs, stage2Epochs } from '../src/goals/epochs.ts';
import { goals } from '../src/goals/goals.ts';
import { goalTable } from '../src/goals/table.ts';
import { judgeGoal, parseGoal, tally } from '../src/goals/verdict.ts';

describe('goals', () => {
  it('are read out of their own words', () => {
    expect(parseGoal('≥ 0.2× PyTorch')).toEqual({ direction: 'least', value: 0.2, unit: '×' });
    expect(parseGoal('≤ 5 % of a core')).toEqual({ direction: 'most', value: 5, unit: '%' });
    expect(parseGoal('≤ 5 µs of JavaScript')).toEqual({ direction: 'most', value: 5, unit: 'µs' });
    expect(parseGoal('≤ 15 s with an empty shader cache')).toEqual({ direction: 'most', value: 15, unit: 's' });
    expect(parseGoal('≤ 1 submit')).toEqual({ direction: 'most', value: 1, unit: 'submits' });
    expect(parseGoal('against PyTorch eager on the same card')).toBeUndefined();
    expect(parseGoal('≤ 15 seconds')).toBeUndefined();
  });

  it('all have a bound, but for what is only to be stated', () => {
    const unbounded = goals.filter(({ goal }) => !parseGoal(goal)).map(({ goal }) => goal);
    expect(new Set(unbounded)).toEqual(new Set(['against PyTorch eager on the same card']));
    expect(new Set(goals.map(({ work, goal }) => `${work}: ${goal}`)).size).toBe(goals.length);
  });
});

describe('verdicts', () => {
  const verdict = (goal: string, measured: Parameters<typeof judgeGoal>[2]) => judgeGoal('work', goal, measured);

  it('are met at the bound and missed beside it', () => {
    expect(verdict('≥ 5× tfjs', { value: 5 }).verdict).toBe('met');
    expect(verdict('≥ 5× tfjs', { value: 4.99, detail: '4.8 to 5.1' })).toEqual({
      work: 'work',
      goal: '≥ 5× tfjs',
      measured: '4.99×',
      verdict: 'missed',
      note: '4.8 to 5.1',
    });
    expect(verdict('≤ 15 s', { value: 14.96 })).toMatchObject({ verdict: 'met', measured: '15.0 s' });
    expect(verdict('≤ 1 submit', { value: 2 })).toMatchObject({ verdict: 'missed', measured: '2 submits' });
  });

  it('do not take a number that is not one', () => {
    expect(verdict('≥ 5× tfjs', { value: Number.NaN }).verdict).toBe('missed');
    expect(verdict('≤ 5 %', { value: Number.NaN }).verdict).toBe('missed');
  });

  it('are missed where the work broke', () => {
    expect(verdict('≥ 1×', { failed: 'out of memory' })).toMatchObject({
      verdict: 'missed',
      note: 'failed: out of memory',
    });
  });

  it('are not run where a machine cannot tell, and stated where nothing is asked', () => {
    expect(verdict('≥ 1×', { notRun: 'no such adapter' })).toMatchObject({
      verdict: 'not run',
      note: 'no such adapter',
    });
    expect(verdict('against PyTorch', { value: 0.4 })).toMatchObject({ verdict: 'stated', measured: '0.40×' });
  });

  it('are counted and shown', () => {
    const judged = [
      verdict('≥ 1×', { value: 2 }),
      verdict('≥ 1×', { value: 0.5 }),
      verdict('≥ 1×', { notRun: 'no PyTorch' }),
    ];
    expect(tally(judged)).toBe('1 met, 1 missed, 1 not run');
    expect(tally([verdict('against', { value: 2 })])).toBe('0 met, 0 missed, 0 not run, 1 stated');
    expect(goalTable(judged).split('\n')[3]).toMatch(/work +≥ 1× +– not run: no PyTorch$/);
  });
});

describe('an epoch', () => {
  const costs: Costs = {
    image: 3,
    caption: { whole: 0.8, trimmed: 0.2 },
    stage1: { whole: 280, trimmed: 60 },
    combiner: 0.02,
  };

  it('of stage 1 encodes two images a triplet, or each once in a hundred epochs', () => {
    const { original, ours } = stage1Epochs(costs);
    expect(original).toBeCloseTo(140 * (256 * 3 + 280));
    expect(ours).toBeCloseTo(140 * 60 + 466.09 * 3);
  });

  it('of stage 2 encodes images and captions a triplet, or each once in 300 epochs', () => {
    const { original, ours } = stage2Epochs(costs);
    expect(original).toBeCloseTo(18_000 * (6 + 0.8 + 0.02));
    expect(ours).toBeCloseTo(18_000 * 0.02 + (46_609 * 3 + 72_000 * 0.2) / 300);
  });
});
