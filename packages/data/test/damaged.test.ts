// Annotation files as downloads, editors and attackers leave them: every one ends in an error that says where.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
  scratch = await mkdtemp(join(tmpdir(), 'webcir-damaged-'));
  const set = await openEmbeddedFromPackage();
  await writeFashionIq(set, join(scratch, 'fashioniq'), { maxTriplets: 2 });
  await writeCirr(set, join(scratch, 'cirr'), { maxTriplets: 2 });
  await writeCirco(set, join(scratch, 'circo'), { maxTriplets: 1 });
  await cp(join(scratch, 'cirr', 'dev'), join(scratch, 'folder', 'images'), { recursive: true });
});
afterAll(() => rm(scratch, { recursive: true }));

type Json = Record<string, unknown>;
type Change = (text: string) => string | Uint8Array;

const becomes = (text: string | Uint8Array) => () => text;
const edited = (change: (value: Json[]) => unknown) => (text: string) => JSON.stringify(change(JSON.parse(text)));
const entry0 = (fields: Json) => edited((entries) => entries.map((entry, i) => (i ? entry : { ...entry, ...fields })));
const cut = (text: string) => text.slice(0, -20);
const nested = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const latin1 = Uint8Array.from(Buffer.from('[{"captions": ["déjà vu"]}]', 'latin1'));

async function errorOf(name: DatasetName, file: string, change: Change): Promise<string> {
  const path = join(scratch, name, file);
  const whole = await readFile(path, 'utf8').catch(() => '');
  await writeFile(path, change(whole));
  try {
    return await openDataset(name, join(scratch, name)).then(
      () => 'opened',
      (error: Error) => error.message,
    );
  } finally {
    if (whole) await writeFile(path, whole);
    else await rm(path);
  }
}

describe('FashionIQ', () => {
  const captions = 'captions/cap.shirt.val.json';
  const split = 'image_splits/split.shirt.val.json';
  it.each<[what: string, file: string, change: Change, message: string]>([
    ['an empty file', captions, becomes(''), `${captions} is not valid JSON (Unexpected end of JSON input)`],
    ['a file cut short', captions, cut, `${captions} is not valid JSON`],
    ['NUL bytes', captions, becomes('\0'.repeat(4096)), `${captions}, line 1: holds a NUL byte`],
    ['a web page', split, becomes('<!doctype html>'), `${split} is not valid JSON`],
    ['not UTF-8', captions, becomes(latin1), `${captions}, line 1: is not UTF-8 text; save the file as UTF-8`],
    ['an object', captions, becomes('{"a": 1}'), `${captions}: is {"a":1}; expected a list of entries`],
    ['null', captions, becomes('null'), `${captions}: is null; expected a list of entries`],
    ['deep nesting', captions, becomes(nested), `${captions}, entry 0 is [...]; expected object`],
    ['deep nesting elsewhere', split, becomes(nested), `${split}, entry 0 is [...]; expected an image id`],
    ['a number for an id', split, becomes('["a", 7]'), `${split}, entry 1 is 7; expected an image id`],
    [
      'a path for an id',
      captions,
      entry0({ candidate: '../../etc/passwd' }),
      'is "../../etc/passwd"; expected an image of',
    ],
    [
      'an unknown target',
      captions,
      entry0({ target: 'B0' }),
      `entry 0: "target" is "B0"; expected an image of ${split}`,
    ],
    [
      'an id of its prototype',
      captions,
      entry0({ target: '__proto__' }),
      '"target" is "__proto__"; expected an image of',
    ],
  ])('%s', async (_, file, change, message) => {
    expect(await errorOf('fashioniq', file, change)).toContain(message);
  });
});

describe('CIRR', () => {
  const captions = 'cirr/captions/cap.rc2.val.json';
  const split = 'cirr/image_splits/split.rc2.val.json';
  const firstPath = (path: string) =>
    edited((paths) => Object.fromEntries(Object.entries(paths).map(([id, old], i) => [id, i ? old : path])));
  const twice = edited((entries) => entries.map((entry) => ({ ...entry, pairid: 12_060 })));
  it.each<[what: string, file: string, change: Change, message: string]>([
    [
      'pair ids twice',
      captions,
      twice,
      'entry 1: "pairid" is "12060", as in captions/cap.rc2.val.json, entry 0; expected another',
    ],
    ['a pair id of letters', captions, entry0({ pairid: 'a' }), 'entry 0: "pairid" is "a"; expected a number'],
    [
      'a group of unknown images',
      captions,
      entry0({ img_set: { members: Array(6).fill('x') } }),
      '"member 0" is "x"; expected',
    ],
    ['a list of images', split, becomes('["a"]'), 'split.rc2.val.json: is ["a"]; expected an object of image names'],
    [
      'a path out of the folder',
      split,
      firstPath('../../etc/passwd'),
      'is "../../etc/passwd"; expected a path such as',
    ],
    ['a path around the folder', split, firstPath('./dev/../../x.png'), "inside the data set's folder"],
    ['a path from the root', split, firstPath('/etc/passwd'), 'is "/etc/passwd"; expected a path such as'],
    ['a path of Windows', split, firstPath('C:\\x.png'), 'is "C:\\\\x.png"; expected a path such as'],
    ['a path with backslashes', split, firstPath('dev\\..\\..\\x.png'), "inside the data set's folder"],
    ['a path with a NUL byte', split, firstPath('dev/a.png\0.png'), "inside the data set's folder"],
    ['a path that is none', split, becomes('{"a": {}}'), '"a" is {}; expected a path such as "./dev/NAME.png"'],
  ])('%s', async (_, file, change, message) => {
    expect(await errorOf('cirr', file, change)).toContain(message);
  });
});

describe('CIRCO', () => {
  const captions = 'annotations/val.json';
  const gallery = 'COCO2017_unlabeled/annotations/image_info_unlabeled2017.json';
  const list = 'annotations/image_info_unlabeled2017.json';
  const twice = edited((entries) => entries.map((entry) => ({ ...entry, id: 3 })));
  const firstFile = (path: unknown) => becomes(JSON.stringify({ images: [{ id: 1000, file_name: path }] }));
  it.each<[what: string, file: string, change: Change, message: string]>([
    ['query ids twice', captions, twice, `${captions}, entry 1: "id" is "3", as in ${captions}, entry 0`],
    [
      'an id of letters',
      captions,
      entry0({ reference_img_id: '7' }),
      '"reference_img_id" is "7"; expected a COCO image id',
    ],
    ['a negative id', captions, entry0({ reference_img_id: -7 }), '"reference_img_id" is -7; expected a COCO image id'],
    ['half an id', captions, entry0({ target_img_id: 0.5 }), '"target_img_id" is 0.5; expected a COCO image id'],
    [
      'no target',
      captions,
      entry0({ target_img_id: undefined }),
      'entry 0: "target_img_id" is missing; expected a COCO',
    ],
    ['answers without the target', captions, entry0({ gt_img_ids: [] }), 'entry 0: "gt_img_ids" lacks the target, '],
    ['answers in words', captions, entry0({ gt_img_ids: 'none' }), '"gt_img_ids" is "none"; expected a list of COCO'],
    [
      'an unknown reference',
      captions,
      entry0({ reference_img_id: 1 }),
      `"reference_img_id" has 1; expected an image of ${list}`,
    ],
    [
      'an unknown answer',
      captions,
      entry0({ gt_img_ids: [1000, 5] }),
      `"gt_img_ids" has 5; expected an image of ${list}`,
    ],
    [
      'no caption',
      captions,
      entry0({ relative_caption: undefined }),
      '"relative_caption" is missing; expected a string',
    ],
    ['a gallery without images', gallery, becomes('{}'), `${list}: "images" is missing; expected a list of images`],
    [
      'a gallery file outside',
      gallery,
      firstFile('../../../etc/passwd'),
      '"images.0.file_name" is "../../../etc/passwd"; expected',
    ],
    [
      'a gallery file from the root',
      gallery,
      firstFile('/etc/passwd'),
      '"images.0.file_name" is "/etc/passwd"; expected',
    ],
  ])('%s', async (_, file, change, message) => {
    expect(await errorOf('circo', file, change)).toContain(message);
  });
});

describe('a folder of your own', () => {
  /** The error for these files, in which A and B stand for the names of two images. */
  async function messageOf(files: Record<string, string>): Promise<string> {
    const [a, b] = Object.keys(
      JSON.parse(await readFile(join(scratch, 'cirr/cirr/image_splits/split.rc2.val.json'), 'utf8')),
    );
    const [[last, text], ...others] = Object.entries(files).reverse();
    const filled = (source: string) => source.replaceAll('"A"', `"${a}"`).replaceAll('"B"', `"${b}"`);
    for (const [name, content] of others) await writeFile(join(scratch, 'folder', name), filled(content));
    const message = await errorOf('folder', last, () => filled(text));
    for (const [name] of others) await rm(join(scratch, 'folder', name));
    return message;
  }
  const good = '{"reference": "A", "target": "B", "captions": ["is red"]}';
  const line = (rest: string) => `{"reference": "A", "target": "B", ${rest}}`;
  it.each<[what: string, lines: string, message: string]>([
    ['an empty file', '', 'triplets.jsonl holds no triplet'],
    ['a line cut short', `${good}\n${good.slice(0, -9)}`, 'triplets.jsonl, line 2 is not valid JSON'],
    ['a list in the place of lines', `[\n${good}\n]`, 'triplets.jsonl, line 1 is not valid JSON'],
    ['a line that is a list', `\n[${good}]`, 'triplets.jsonl, line 2: is [{"reference":'],
    ['NUL bytes', `${good}\n\0\0\0`, 'triplets.jsonl, line 2: holds a NUL byte'],
    ['deep nesting', nested, 'triplets.jsonl, line 1: is [...]; expected an object'],
    ['deep nesting in a field', line(`"captions": ${nested}`), 'line 1: "captions.0" is [...]; expected a caption'],
    ['captions in one string', line('"captions": "is red"'), '"captions" is "is red"; expected a list of one or two'],
    ['three captions', line('"captions": ["a", "b", "c"]'), 'is ["a","b","c"]; expected a list of one or two captions'],
    ['no captions', line('"captions": []'), 'line 1: "captions" is []; expected a list of one or two captions'],
    ['a blank caption', line('"captions": ["a", " "]'), 'line 1: "captions.1" is " "; expected a caption'],
    ['no target', '{"reference": "A", "captions": ["is red"]}', 'line 1: "target" is missing; expected the name of'],
    [
      'a field that is misspelt',
      line('"captions": ["a"], "catgory": "hat"'),
      '"catgory" is "hat"; expected no fields but id, ',
    ],
    [
      'an unknown image',
      `${good}\n${good.replace('"B"', '"C"')}`,
      'line 2: "target" is "C"; expected an image of the folder',
    ],
    [
      'an image outside',
      good.replace('"B"', '"../../etc/passwd"'),
      '"target" is "../../etc/passwd"; expected an image of',
    ],
    ['an image from the root', good.replace('"B"', '"/etc/passwd"'), '"target" is "/etc/passwd"; expected an image of'],
    [
      'ids twice',
      `${line('"id": 1, "captions": ["a"]')}\n${line('"id": "1", "captions": ["b"]')}`,
      'line 2: "id" is "1", as in',
    ],
    [
      'a split in some lines',
      `${good}\n${line('"captions": ["a"], "split": "val"')}`,
      'line 1: "split" is missing; triplets.jsonl, line 2 has one',
    ],
    ['answers without the target', line('"captions": ["a"], "targets": ["A"]'), '"targets" lacks "'],
    ['a group without the reference', line('"captions": ["a"], "group": ["B"]'), '"group" lacks "'],
  ])('triplets.jsonl: %s', async (_, lines, message) => {
    expect(await messageOf({ 'triplets.jsonl': lines })).toContain(message);
  });

  const header = 'reference,target,caption';
  it.each<[what: string, lines: string, message: string]>([
    ['an empty file', '', 'triplets.csv holds no triplet'],
    ['only a header', header, 'triplets.csv holds no triplet'],
    ['no header', 'a.jpg,b.jpg,is red', 'triplets.csv, line 1: column "a.jpg" is not known'],
    [
      'an unknown column',
      `${header},colour\n`,
      'line 1: column "colour" is not known; expected id, reference, target, caption',
    ],
    ['semicolons', 'reference;target;caption\n', 'line 1: column "reference;target;caption" is not known'],
    ['a column twice', `${header},caption\n`, 'line 1: column "caption" is there twice'],
    [
      'no column of targets',
      'reference,caption\n"A",is red',
      'line 2: "target" is missing; expected the name of an image',
    ],
    ['too few cells', `${header}\n"A","B"`, 'triplets.csv: Invalid Record Length: expect 3, got 2 on line 2'],
    ['a quote that is not closed', `${header}\n"A","B","is red`, 'triplets.csv: Quote Not Closed'],
    [
      'an empty caption',
      `${header}\n"A","B","two\nlines"\n"A","B",`,
      'triplets.csv, line 4: "caption" is missing; expected a caption',
    ],
    [
      'an unknown image',
      `${header}\n"A",../../etc/passwd,is red`,
      'line 2: "target" is "../../etc/passwd"; expected an image',
    ],
    ['NUL bytes', `${header}\n\0,\0,\0`, 'triplets.csv, line 2: holds a NUL byte'],
    [
      'ids twice',
      `${header},id\n"A","B",red,x\n"B","A",blue,x`,
      'triplets.csv, line 3: "id" is "x", as in triplets.csv, line 2',
    ],
  ])('triplets.csv: %s', async (_, lines, message) => {
    expect(await messageOf({ 'triplets.csv': lines })).toContain(message);
  });

  it.each<[what: string, lines: string, message: string]>([
    [
      'a path out of the folder',
      '{"file_name": "../../etc/passwd"}',
      '"file_name" is "../../etc/passwd"; expected the path',
    ],
    [
      'a path from the root',
      '{"file_name": "/etc/passwd"}',
      '"file_name" is "/etc/passwd"; expected the path of an image inside',
    ],
    ['a NUL byte', '{"file_name": "a.png\\u0000.jpg"}', "expected the path of an image inside the data set's folder"],
    ['no path', '{"split": "val"}', 'images.jsonl, line 1: "file_name" is missing; expected the path of an image'],
    [
      'an image twice',
      '{"file_name": "a.png"}\n{"file_name": "./images/a.png"}',
      'images.jsonl, line 2: "file_name" is "a.png", as in images.jsonl, line 1',
    ],
    ['a triplet of images that are not listed', '{"file_name": "a.png"}', 'expected an image of images.jsonl'],
    ['an empty file', '', 'expected an image of images.jsonl'],
  ])('images.jsonl: %s', async (_, lines, message) => {
    expect(await messageOf({ 'triplets.jsonl': good, 'images.jsonl': lines })).toContain(message);
  });

  it('files of two kinds, or of none', async () => {
    const both = { 'triplets.jsonl': good, 'triplets.csv': header };
    expect(await messageOf(both)).toContain('holds both triplets.jsonl and triplets.csv; take one of them away');
    const lists = { 'triplets.jsonl': good, 'images.jsonl': '', 'metadata.jsonl': '' };
    expect(await messageOf(lists)).toContain('holds both images.jsonl and metadata.jsonl');
    expect(await messageOf({ 'notes.txt': '' })).toContain('holds neither triplets.jsonl nor triplets.csv; write one');
  });
});

it('openDataset says what goes with what', async () => {
  await expect(openDataset('fmnist-cir', scratch)).rejects.toThrow(
    '--data is for data sets on disk; the embedded set fmnist-cir needs none: add --dataset fashioniq',
  );
  await expect(openDataset('cirr')).rejects.toThrow('--dataset cirr needs --data with the folder of the data set');
  expect((await openDataset('fmnist-cir')).uses).toEqual({ train: 'train', validation: 'val', test: 'test' });
  const uses = async (name: DatasetName) => (await openDataset(name, join(scratch, name))).uses;
  expect(await uses('fashioniq')).toEqual({ train: 'train', validation: 'val', test: 'val' });
  expect(await uses('cirr')).toEqual({ train: 'train', validation: 'val', test: 'val', submission: 'test1' });
  expect(await uses('circo')).toEqual({ validation: 'val', test: 'val', submission: 'test' });
});
