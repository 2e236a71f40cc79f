import { expect, it } from 'vitest';
import { captions } from '../src/build/captions.ts';

it("captions have FashionIQ's lengths: of 32 the longest has 20.2 tokens on average", () => {
  const lengths = captions(3200, 49408).map((text) => text.length);
  // The distribution of the longest of 32 draws is the 32nd power of that of one.
  const share = (tokens: number) => lengths.filter((length) => length <= tokens).length / lengths.length;
  let mean = 0;
  for (let tokens = 0; tokens < 77; tokens++) mean += 1 - share(tokens) ** 32;
  expect(mean).toBeGreaterThan(19.5);
  expect(mean).toBeLessThan(21);
});

it('captions are the same every time, shortest first, and within the token table', () => {
  const texts = captions(128, 112);
  expect(texts).toEqual(captions(128, 112));
  const lengths = texts.map((text) => text.length);
  expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
  expect(Math.min(...texts.flat())).toBeGreaterThanOrEqual(0);
  for (const text of texts) {
    expect([text[0], text[text.length - 1]]).toEqual([110, 111]);
    expect(Math.max(...text.slice(1, -1))).toBeLessThan(110);
  }
});
