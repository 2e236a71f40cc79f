import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { decodeHTML } from 'entities';
import { describe, expect, test } from 'vitest';
import { loadTokenizer } from '../src/node.ts';
import { parseReferences } from '../src/tokenizer/references.ts';
import { createTokenizer } from '../src/tokenizer/tokenizer.ts';
import { unescapeHtml } from '../src/tokenizer/unescape.ts';
import { readVocabulary } from '../src/tokenizer/vocabulary.ts';

interface Case {
  readonly text: string;
  readonly ids: readonly number[];
}

const cases = readFileSync(new URL('fixtures/tokenizer.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);
const tokenizer = await loadTokenizer();
const asset = readFileSync(new URL('../assets/clip-vocabulary.txt.gz', import.meta.url));
const [, referenceLines] = (await readVocabulary(new Uint8Array(asset))).split('\n\n');
const references = parseReferences(referenceLines);

describe('CLIP tokenizer', () => {
  test('has the vocabulary of CLIP', () => {
    expect(tokenizer).toMatchObject({ vocabularySize: 49408, startOfText: 49406, endOfText: 49407 });
  });

  test('gives the ids of the original, zero-padded', () => {
    expect(cases.length).toBeGreaterThan(200);
    for (const { text, ids } of cases) {
      const row = tokenizer.tokenize(text, { truncate: true });
      expect(Array.from(row), text).toEqual([...ids, ...new Array(77 - ids.length).fill(0)]);
    }
  });

  test('encodes UTF-8 bytes, not UTF-16 units', () => {
    expect(tokenizer.encode('Is ombré blue')).toEqual([533, 547, 711, 4166, 1746]);
    expect(tokenizer.encode('😀 t-shirt')).toEqual([7334, 339, 268, 2523]);
  });

  test('takes the white space of Python, not of JavaScript', () => {
    const red = tokenizer.encode('red dress');
    expect(tokenizer.encode('\u2003\u2028 red\u1680dress\x1c')).toEqual(red);
    expect(tokenizer.encode('<red&#xfeff;dress')).not.toEqual(tokenizer.encode('<red dress'));
  });

  test('decodes to the cleaned text', () => {
    const words = 'has a Red  collar, naïve 日本語';
    expect(tokenizer.decode(tokenizer.encode(words))).toBe('has a red collar , naïve 日本語 ');
    expect(() => tokenizer.decode([49408])).toThrow('Token id 49408: expected 0 to 49407');
  });

  test('refuses a text that is too long, or cuts it when told to', () => {
    const long = 'red '.repeat(80);
    expect(() => tokenizer.tokenize(long)).toThrow(/82 tokens with start and end, the context holds 77/);
    const row = tokenizer.tokenize(long, { truncate: true });
    expect([row.length, row[75], row[76]]).toEqual([77, 736, 49407]);
    expect(Array.from(tokenizer.tokenize('a red', { context: 4 }))).toEqual([49406, 320, 736, 49407]);
    expect(() => tokenizer.tokenize('a red', { context: 3 })).toThrow('context holds 3');
  });

  test('names the line of a damaged vocabulary', () => {
    expect(() => createTokenizer('a b\nab c\nno')).toThrow('Vocabulary line 3');
    expect(() => createTokenizer('a b\nab q</w>\nxy z')).toThrow('Vocabulary line 3');
    expect(() => createTokenizer('a b\na b')).toThrow('Vocabulary line 2');
    expect(() => createTokenizer('a b\nab c')).toThrow("expected HTML's character references");
  });

  test('reads the vocabulary compressed and as a server may have decompressed it', async () => {
    const text = 'a b\nab c';
    expect(await readVocabulary(new Uint8Array(gzipSync(text)))).toBe(text);
    expect(await readVocabulary(new TextEncoder().encode(text))).toBe(text);
  });
});

test.each([
  ['&lt;b&gt; &amp; &AMP &notin; &notit; &ampx', '<b> & & ∉ ¬it; &x'],
  ['&#169;&#xA9 &#150; &#0; &#xD800; &#99999999999;', '©© – \ufffd \ufffd \ufffd'],
  // Python drops these, HTML does not.
  ['a&#1;b&#xffff;c&#x7f;d', 'abcd'],
  ['& &; &#; &#x; &unknown; a&b', '& &; &#; &#x; &unknown; a&b'],
])('unescapes HTML as Python does: %s', (text, expected) => {
  expect(unescapeHtml(text, references)).toBe(expected);
});

test('knows every named character reference of HTML', () => {
  expect(references.size).toBe(2231);
  for (const [name, characters] of references) expect(decodeHTML(`&${name}`), name).toBe(characters);
});

test('reads every numbered character reference as HTML does, but for those that Python drops', () => {
  for (let code = 0; code <= 0x110000; code++) {
    const found = unescapeHtml(`&#${code};`, references);
    if (found !== '' && found !== decodeHTML(`&#${code};`)) expect.fail(`&#${code}; is ${JSON.stringify(found)}`);
  }
  expect(unescapeHtml('&#x41;&#65', references)).toBe('AA');
});
