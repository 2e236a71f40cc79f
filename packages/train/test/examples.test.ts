// The batches of an epoch, and the forms in which captions are shown.
import { describe, expect, it } from 'vitest';
import { drawEpoch } from '../src/examples.ts';
import { batchesPerEpoch, type Example, examplesOf } from '../src/index.ts';

const examples: Example[] = Array.from({ length: 41 }, (_, i) => ({
  reference: `r${i}`,
  target: `t${i}`,
  texts: [[1], [2], [3], [4]],
}));
const targetsOf = (seed: string) =>
  drawEpoch(examples, 8, seed).map((batch) => batch.map(({ example }) => example.target));

describe('drawEpoch', () => {
  it('shows every example once at most, in full batches: no target is a negative of its own query', () => {
    const batches = targetsOf('epoch 0');
    expect(batches.map((batch) => batch.length)).toEqual(Array(5).fill(8));
    expect(new Set(batches.flat()).size).toBe(40);
  });

  it('leaves out others in other epochs, and shuffles anew, but the same way for the same seed', () => {
    expect(targetsOf('epoch 0')).toEqual(targetsOf('epoch 0'));
    const epochs = Array.from({ length: 60 }, (_, epoch) => targetsOf(`epoch ${epoch}`).flat());
    expect(new Set(epochs.map((targets) => targets.join())).size).toBe(60);
    const shown = new Map(examples.map(({ target }) => [target, 0]));
    for (const target of epochs.flat()) shown.set(target, shown.get(target)! + 1);
    // Left out once in 41 epochs on average; ten times in 60 would be six standard deviations.
    expect(Math.min(...shown.values())).toBeGreaterThan(50);
    expect(new Set(epochs.map(([first]) => first)).size).toBeGreaterThan(20);
  });

  it('draws the four forms of a caption with equal chances', () => {
    const counts = [0, 0, 0, 0];
    for (let epoch = 0; epoch < 100; epoch++)
      for (const { form } of drawEpoch(examples, 8, `epoch ${epoch}`).flat()) counts[form]++;
    // Five standard deviations of 4,000 draws.
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(5 * Math.sqrt(4000 * 0.25 * 0.75));
  });
});

it('an epoch has whole batches only', () => {
  expect(batchesPerEpoch(41, 8, '--batch-size')).toBe(5);
  expect(batchesPerEpoch(8, 8, '--batch-size')).toBe(1);
});

it('examples have the four forms of two captions, and one of a single caption', () => {
  const triplet = { id: '1', category: 'dress', reference: 'a', target: 'b' };
  const tokenRows = (text: string) => [text.length];
  const [two, one] = examplesOf(
    [
      { ...triplet, captions: ['is red', 'is longer.'] },
      { ...triplet, captions: ['is red'] },
    ],
    tokenRows,
  );
  const forms = ['Is red and is longer', 'Is longer and is red', 'Is red', 'Is longer'];
  expect(two).toEqual({ reference: 'a', target: 'b', texts: forms.map(tokenRows) });
  expect(one.texts).toEqual([tokenRows('is red')]);
  expect(() => examplesOf([{ ...triplet, target: undefined, captions: ['is red'] }], tokenRows)).toThrow(
    'triplet 1 has no target',
  );
});
