import { describe, expect, it } from 'vitest';
import type { Measurements } from '../../src/study/measure.ts';
import { decimals, numberOf, sayChanges, sayEnds, withInterval } from '../../src/study/words.ts';

const measured = (stage: 'base' | 'stage1' | 'stage2', value: number) =>
  ({ quantity: 'q', of: 'x', stage, value, low: value - 0.1, high: value + 0.1 }) as const;

const numbers = (
  first: readonly [number, number, number],
  second: readonly [number, number, number],
): Measurements => ({
  measured: [measured('base', 1), measured('stage1', 1 + first[0]), measured('stage2', 1 + first[0] + second[0])],
  changes: [
    { quantity: 'q', of: 'x', from: 'base', to: 'stage1', value: first[0], low: first[1], high: first[2] },
    { quantity: 'q', of: 'x', from: 'stage1', to: 'stage2', value: second[0], low: second[1], high: second[2] },
  ],
});
const say = (of: Measurements) => sayChanges('The gap', of, 'x', decimals(1));

describe('sayChanges', () => {
  it('says what rises and what falls', () => {
    expect(say(numbers([0.5, 0.4, 0.6], [-0.8, -0.9, -0.7]))).toBe(
      'The gap rises from 1.0 with the base CLIP to 1.5 after stage 1 (+0.5 [+0.4, +0.6]), and falls to 0.7 after ' +
        'stage 2 (−0.8 [−0.9, −0.7]).',
    );
  });

  it('calls a change none where its interval holds zero', () => {
    expect(say(numbers([0.5, -0.4, 1.6], [0.2, -0.1, 0.5]))).toBe(
      'The gap shows no difference beyond noise between 1.0 with the base CLIP and 1.5 after stage 1 (+0.5 [−0.4, ' +
        '+1.6]), and shows no difference beyond noise after stage 2 (1.7, +0.2 [−0.1, +0.5]).',
    );
  });

  it('gives no sign to what is rounded to nothing', () => {
    expect(say(numbers([0.01, -0.02, 0.5], [0, 0, 0]))).toContain('(0.0 [0.0, +0.5])');
  });

  it('says that what is the same stays', () => {
    expect(say(numbers([0, 0, 0], [0, 0, 0]))).toBe(
      'The gap stays 1.0 with the base CLIP and after stage 1, and stays the same after stage 2.',
    );
  });

  it('gives the number where there is one model', () => {
    expect(say({ measured: [measured('stage2', 2)], changes: [] })).toBe('The gap is 2.0 [1.9, 2.1] after stage 2.');
  });
});

describe('sayEnds', () => {
  const of = (name: string, value: number, reach: number) =>
    ({ quantity: 'q', stage: 'base', of: name, value, low: value - reach, high: value + reach }) as const;

  it('names the highest and the lowest, where they are apart', () => {
    expect(sayEnds('λ is', [of('tone', 0.7, 0.1), of('fit', 0.9, 0.05), of('skirt', 0.2, 0.1)], decimals(2))).toEqual([
      'λ is highest where captions change “fit” (0.90 [0.85, 0.95]), and lowest for “skirt” (0.20 [0.10, 0.30]).',
    ]);
    expect(sayEnds('λ is', [of('tone', 0.7, 0.3), of('fit', 0.9, 0.3)], decimals(2))).toEqual([
      'λ is the same beyond noise whatever attribute captions change.',
    ]);
    expect(sayEnds('λ is', [of('tone', 0.7, 0.1)], decimals(2))).toEqual([]);
  });
});

it('numbers keep their minus, and lose it where nothing is left', () => {
  expect([-1.26, -0.04, 3].map(decimals(1, '°'))).toEqual(['−1.3°', '0.0°', '3.0°']);
  expect(withInterval({ value: 1, low: -1, high: 2 }, decimals(0))).toBe('1 [−1, 2]');
});

it('a number that was not measured is named', () => {
  expect(() => numberOf({ measured: [measured('base', 1)], changes: [] }, 'y', 'stage1')).toThrow(
    'expected a number of y (stage1), found x (base)',
  );
});
