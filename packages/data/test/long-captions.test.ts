import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { longCaptions, placeOf } from '../src/index.ts';
import {
  type DatasetName,
  openDataset,
  openEmbeddedFromPackage,
  writeCirco,
  writeCirr,
  writeFashionIq,
} from '../src/node.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'webcir-long-'));
  const set = await openEmbeddedFromPackage();
  await writeFashionIq(set, join(scratch, 'fashioniq'), { maxTriplets: 2 });
  await writeCirr(set, join(scratch, 'cirr'), { maxTriplets: 2 });
  await writeCirco(set, join(scratch, 'circo'), { maxTriplets: 2 });
  await cp(join(scratch, 'cirr', 'dev'), join(scratch, 'folder', 'images'), { recursive: true });
  const [{ reference, target }] = set.triplets('val', 'dress');
  const row = `${reference},${target},is red\n`;
  await writeFile(join(scratch, 'folder', 'triplets.csv'), `reference,target,caption\n${row}\n${row}`);
});
afterAll(() => rm(scratch, { recursive: true }));

const long = Array.from({ length: 20 }, (_, i) => `word${i}`).join(' ');

it.each<[DatasetName, split: string, file: string, find: RegExp, replacement: string, place: string]>([
  ['fashioniq', 'val', 'captions/cap.shirt.val.json', /("captions":\[")[^"]*("[^[]*)$/, `$1${long}$2`, 'entry 1'],
  [
    'cirr',
    'val',
    'cirr/captions/cap.rc2.val.json',
    /("caption":")[^"]*("[^"]*"target_hard".*)$/,
    `$1${long}$2`,
    'entry 0',
  ],
  ['circo', 'val', 'annotations/val.json', /("relative_caption":")[^"]*("[^[]*"id":0,)/, `$1${long}$2`, 'entry 0'],
  ['folder', 'all', 'triplets.csv', /is red\n$/, `"${long}\n"`, 'line 5'],
])('finds captions that are too long in %s, with their place', async (name, split, file, find, replacement, place) => {
  const path = join(scratch, name, file);
  const text = await readFile(path, 'utf8');
  expect(text).toMatch(find);
  await writeFile(path, text.replace(find, replacement));
  const dataset = await openDataset(name, join(scratch, name));
  const words = (caption: string) => caption.trim().split(/\s+/).length;
  const found = longCaptions(dataset, split, 19, words);
  expect(found).toMatchObject([{ place: `${file.replace(/^cirr\//, '')}, ${place}`, tokens: expect.any(Number) }]);
  expect(found[0].caption.toLowerCase()).toContain(long);
  expect(longCaptions(dataset, split, found[0].tokens, words)).toEqual([]);
});

it('names a triplet by its id where there is no file', async () => {
  const set = await openEmbeddedFromPackage();
  expect(placeOf(set, 'val', set.triplets('val')[0].id)).toBe(`triplet ${set.triplets('val')[0].id}`);
});
