import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../lib/run.mjs';
import { figuresOf, filled, rowsOf, wrapped } from '../study-docs/text.mjs';

const csv = [
  'section,quantity,of,stage,compared_with,value,low,high',
  'a,gap,"images, ""all""",base,,0.5,0.25,0.75',
  'a,gap,"images, ""all""",stage1,,0.4,0.3,0.6',
  'a,gap,"images, ""all""",stage1,base,-0.1,-0.2,0',
  'a,share,x,stage1,base,0.256,0.1,0.3',
  '',
].join('\r\n');

describe('the text of the study', () => {
  const rows = rowsOf(csv);

  it('takes numbers, intervals, changes and the words for them from the table', () => {
    const place = 'gap | images, "all"';
    expect(filled(`It is {value ${place} | base | 1} or {interval ${place} | stage1 | 2}.`, rows)).toBe(
      'It is 0.5 or 0.40 [0.30, 0.60].',
    );
    expect(filled(`It {moves ${place} | stage1} ({change ${place} | stage1 | 2}).`, rows)).toBe(
      'It does not change beyond noise (−0.10 [−0.20, 0.00]).',
    );
    expect(filled('It {moves share | x | stage1} by {change share | x | stage1 | 0%}.', rows)).toBe(
      'It rises by +26 % [+10 %, +30 %].',
    );
  });

  it('fills lines, and leaves code and pictures as they are', () => {
    const code = '```sh\na  b\nc\n```';
    expect(wrapped(`one two\nthree\n\n${code}\n`, 9)).toBe(`one two\nthree\n\n${code}\n`);
    expect(wrapped('one\ntwo three', 9)).toBe('one two\nthree');
  });

  it('names a place that has no number', () => {
    expect(() => filled('{value gap | texts | base | 1}', rows)).toThrow('{value gap | texts | base | 1}: numbers.csv');
    expect(() => filled('{moves gap | images, "all" | base}', rows)).toThrow('numbers.csv has no such number');
    expect(() => filled('{mean gap | texts | base | 1}', rows)).toThrow('expected one of value, interval, change');
  });
});

describe('docs/study.md', () => {
  const text = readFileSync(join(root, 'docs/study.md'), 'utf8');
  const folder = join(root, 'docs/study');

  it('says what the numbers beside it say (pnpm study-docs writes both)', () => {
    const template = readFileSync(join(root, 'scripts/study-docs/template.md'), 'utf8');
    expect(wrapped(filled(template, rowsOf(readFileSync(join(folder, 'numbers.csv'), 'utf8'))))).toBe(text);
  });

  it('shows every figure that lies beside it, and no other', () => {
    const shown = figuresOf(text);
    expect(readdirSync(folder).sort()).toEqual([...shown, 'numbers.csv'].sort());
    for (const name of shown) expect(existsSync(join(folder, name))).toBe(true);
  });
});
