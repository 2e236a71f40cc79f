import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { textFixer } from '../src/tokenizer/fix-text.ts';
import { parseReferences } from '../src/tokenizer/references.ts';
import { readVocabulary } from '../src/tokenizer/vocabulary.ts';

const asset = readFileSync(new URL('../assets/clip-vocabulary.txt.gz', import.meta.url));
const [, referenceLines] = (await readVocabulary(new Uint8Array(asset))).split('\n\n');
const fixText = textFixer(parseReferences(referenceLines));
const cases = readFileSync(new URL('fixtures/fix-text.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as [text: string, fixed: string]);

test('fixes texts as ftfy does', () => {
  expect(cases.length).toBeGreaterThan(400);
  for (const [text, fixed] of cases) expect(fixText(text), JSON.stringify(text)).toBe(fixed);
});

test('every printable ASCII character, and text that was read as it was written, stays', () => {
  const ascii = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 0x20 + i));
  for (const text of [ascii, 'a\tb\n', 'Übergröße, crème brûlée', 'красное платье', '50 °C × 2½', '日本語 👗']) {
    expect(fixText(text)).toBe(text);
  }
});
