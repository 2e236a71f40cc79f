import { expect, it } from 'vitest';
import { circoSubmission, cirrSubmission } from '../src/submission.ts';

it("writes CIRR's files as Python does: keys in the order of texts, a space after colons and commas, ASCII", () => {
  const found = new Map([
    ['9', ['dev-1-0-img0', 'dev-1-1-img1']],
    ['10', ['é"\\\u007f\n😀']],
  ]);
  expect(cirrSubmission('recall', found)).toBe(
    '{"10": ["\\u00e9\\"\\\\\\u007f\\n\\ud83d\\ude00"], "9": ["dev-1-0-img0", "dev-1-1-img1"], ' +
      '"metric": "recall", "version": "rc2"}',
  );
  expect(cirrSubmission('recall_subset', new Map())).toBe('{"metric": "recall_subset", "version": "rc2"}');
});

it("writes CIRCO's file with numbers, queries in order", () => {
  const found = new Map([
    ['10', ['000000243611', '7']],
    ['9', []],
  ]);
  expect(circoSubmission(found)).toBe('{"9": [], "10": [243611, 7]}');
  expect(() => circoSubmission(new Map([['0', ['cat.jpg']]]))).toThrow('image "cat.jpg": expected a number of COCO');
});
