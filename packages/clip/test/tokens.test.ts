import { expect, test } from 'vitest';
import type { ClipModel } from '../src/index.ts';
import { textTokenizer } from '../src/index.ts';
import { loadTokenizer } from '../src/node.ts';

const tokenizer = await loadTokenizer();
const modelOf = (contextLength: number, words?: string) => {
  const { startOfText, endOfText } = tokenizer;
  const vocabulary = words && [...new Set([...tokenizer.encode(words), startOfText, endOfText])].sort((a, b) => a - b);
  const config = {
    family: 'clip',
    contextLength,
    vocabularySize: vocabulary ? vocabulary.length : tokenizer.vocabularySize,
  };
  return { config, vocabulary } as unknown as ClipModel;
};

test('cuts a text that is too long as the original does, or refuses it', () => {
  const tokens = textTokenizer(modelOf(8), tokenizer);
  const long = 'is red and blue and long and black';
  expect(tokens('is red')).toEqual({ rows: [49406, 533, 736, 49407], textLength: 2, unknown: [], cut: 0 });
  expect(tokens('is red and blue and long').cut).toBe(0);
  expect(tokens(long, { truncate: true })).toEqual({
    rows: [...tokenizer.tokenize(long, { context: 8, truncate: true })],
    textLength: 6,
    unknown: [],
    cut: 2,
  });
  expect(() => tokens(long)).toThrow(
    'a text has 10 tokens, the model reads at most 8 (truncate cuts it): "is red and blue and long and black"',
  );
});

test('names whole words that a vocabulary lacks, and counts only what it has', () => {
  const tokens = textTokenizer(modelOf(5, 'is red'), tokenizer);
  const { rows, unknown, cut } = tokens('is ombré red!, zebra-like 👗');
  expect([rows, unknown, cut]).toEqual([tokens('is red').rows, ['ombré', '!,', 'zebra', '-', 'like', '👗'], 0]);
  expect(tokens('okapi')).toMatchObject({ rows: tokens('').rows, unknown: ['okapi'] });
  expect(tokens('red okapi is red is red', { truncate: true })).toMatchObject({ unknown: ['okapi'], cut: 2 });
});
