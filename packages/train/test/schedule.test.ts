import { expect, it } from 'vitest';
import { learningRateAt } from '../src/schedule.ts';

it('begins at the peak, and falls along a cosine to where the step after the last one would be 0', () => {
  const rates = [0, 1, 2, 3].map((step) => learningRateAt(step, 4, 2, 'cosine'));
  const expected = [2, 1 + Math.SQRT1_2, 1, 1 - Math.SQRT1_2];
  for (const [step, rate] of rates.entries()) expect(rate, `step ${step}`).toBeCloseTo(expected[step], 12);
});

it('warms up in equal parts, the last of them at the peak', () => {
  const rates = (schedule: 'constant' | 'cosine') =>
    [0, 1, 2, 3, 4, 5].map((step) => learningRateAt(step, 6, 8, schedule, 4));
  expect(rates('constant')).toEqual([2, 4, 6, 8, 8, 8]);
  expect(rates('cosine')).toEqual([2, 4, 6, 8, 8, 4]);
});
