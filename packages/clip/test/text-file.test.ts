import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { linesOf, readJson, readTextFile } from '../src/node.ts';

const folder = mkdtempSync(join(tmpdir(), 'text-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, 'texts.txt');
const read = (bytes: Uint8Array | string) => {
  writeFileSync(path, bytes);
  return readTextFile(path);
};

test('takes a byte order mark off, and every kind of line end', async () => {
  expect(linesOf(await read('\ufeffis red\r\nhas sleeves\ris plain\n\nété\u2028'))).toEqual([
    'is red',
    'has sleeves',
    'is plain',
    '',
    'été\u2028',
  ]);
  expect(linesOf(await read(''))).toEqual([]);
  expect(linesOf('a\r')).toEqual(['a']);
});

test.each<[string, Uint8Array, string]>([
  ['Latin-1', Buffer.from('is red\r\nplain\rdéjà vu\nolé', 'latin1'), 'line 3: is not UTF-8 text'],
  ['UTF-16', Buffer.from('\ufeffis red', 'utf16le'), 'line 1: is UTF-16 text'],
  ['big-endian UTF-16', Buffer.from('\ufeffis red', 'utf16le').swap16(), 'line 1: is UTF-16 text'],
  ['UTF-16 without a mark', Buffer.from('red', 'utf16le'), 'line 1: holds a NUL byte, as UTF-16 text does'],
  ['NUL bytes', Buffer.from('is red\nis\0plain'), 'line 2: holds a NUL byte'],
  ['half a character', Buffer.from('is red\nété').subarray(0, -1), 'line 2: is not UTF-8 text'],
])('refuses %s, with its line', async (_, bytes, problem) => {
  await expect(read(bytes)).rejects.toThrow(`${path}, ${problem}`);
  await expect(read(bytes)).rejects.toThrow('; save the file as UTF-8');
});

test('names a file that is missing or a folder', async () => {
  await expect(readTextFile(join(folder, 'none.txt'))).rejects.toThrow(`${join(folder, 'none.txt')} is missing`);
  await expect(readTextFile(folder)).rejects.toThrow(`${folder} cannot be read: EISDIR`);
});

test('reads JSON as it reads texts', async () => {
  writeFileSync(path, '\ufeff{"a": 1}');
  expect(await readJson(path)).toEqual({ a: 1 });
  writeFileSync(path, Buffer.from('\n{"é": 1}', 'latin1'));
  await expect(readJson(path)).rejects.toThrow(`${path}, line 2: is not UTF-8 text`);
});
