import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedDataset } from '../src/index.ts';
import { checkImages, openEmbeddedFromPackage, openFolder } from '../src/node.ts';

let scratch: string;
let set: EmbeddedDataset;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'webcir-folder-'));
  set = await openEmbeddedFromPackage();
});
afterAll(() => rm(scratch, { recursive: true }));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(scratch, 'set-'));
});

/** Writes embedded images, one for each name. */
async function images(...names: string[]): Promise<void> {
  for (const [i, name] of names.entries()) {
    const { width, height, channels, data } = await set.image(set.gallery('val')[i]);
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await sharp(data, { raw: { width, height, channels } }).toFile(join(folder, name));
  }
}

const write = (name: string, ...lines: (string | object)[]) =>
  writeFile(
    join(folder, name),
    lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'),
  );

const triplet = (reference: string, target: string, rest: object = {}) => ({
  reference,
  target,
  captions: ['is darker'],
  ...rest,
});

describe('a folder of triplets.jsonl and images', () => {
  it('reads triplets with everything that they can have', async () => {
    await images('a.jpg', 'b.png', 'dress/c.webp', 'dress/d.jpeg');
    await write(
      'triplets.jsonl',
      triplet('a', 'b.png', { id: 7, split: 'train', category: 'one', captions: ['is red', 'has a print'] }),
      '',
      triplet('./a.jpg', 'dress/c', { id: 'x', split: 'val', category: 'one', targets: ['dress/c.webp', 'b'] }),
      triplet('dress/d', 'a', { split: 'val', category: 'two', group: ['a', 'b', 'dress/c', 'dress/d'] }),
    );
    const read = await openFolder(folder);
    expect(read).toMatchObject({ name: 'folder', splits: ['train', 'val'], categories: ['one', 'two'] });
    expect(read.uses).toEqual({ train: 'train', validation: 'val', test: 'val' });
    expect(read.triplets('train')).toEqual([
      { id: '7', category: 'one', reference: 'a', target: 'b', captions: ['is red', 'has a print'] },
    ]);
    expect(read.triplets('val')).toEqual([
      {
        id: 'x',
        category: 'one',
        reference: 'a',
        target: 'dress/c',
        captions: ['is darker'],
        targets: ['dress/c', 'b'],
      },
      {
        id: 'two-val-2',
        category: 'two',
        reference: 'dress/d',
        target: 'a',
        captions: ['is darker'],
        group: ['a', 'b', 'dress/c', 'dress/d'],
      },
    ]);
    expect(read.gallery('val', 'two')).toEqual(['a', 'b', 'dress/c', 'dress/d']);
    expect(read.file('dress/c')).toBe(join(folder, 'dress', 'c.webp'));
    expect((await read.image('dress/c')).width).toBe(28);
    const version = await read.version('a');
    await images('b.png', 'a.jpg');
    expect(await read.version('a')).not.toBe(version);
  });

  it('takes images from images/ where there is one, and other files for nothing', async () => {
    await images('images/b.jpg', 'images/deep/a.jpg', 'images/deep/deeper/c.tif', 'outside.jpg');
    await write('images/._b.jpg', 'left by macOS');
    await write('images/notes.txt', 'not an image');
    await write('triplets.jsonl', triplet('b', 'images/deep/a.jpg'));
    const read = await openFolder(folder);
    expect(read.gallery('all')).toEqual(['b', 'deep/a', 'deep/deeper/c']);
    expect(read.leftOut).toBe(`${join(folder, 'images')}: 1 .txt, 1 hidden`);
    expect(read.triplets('all')[0]).toMatchObject({ id: 'all-all-0', reference: 'b', target: 'deep/a' });
    expect(read.file('deep/a')).toBe(join(folder, 'images', 'deep', 'a.jpg'));
  });

  it.each(['a folder', 'a list'])('keeps images of %s that are named the same but for the extension', async (kind) => {
    await images('p1.jpg', 'p1.png', 'p2.jpg', 'p2.jpg.webp', 'p3.png');
    const names = ['p1.jpg', 'p1.png', 'p2.jpg', 'p2.jpg.webp', 'p3.png'];
    if (kind === 'a list') await write('images.jsonl', ...names.map((name) => ({ file_name: name })));
    await write('triplets.jsonl', triplet('p1.jpg', 'p1.png'), triplet('p2', 'p3'), triplet('p2.jpg', 'p2.jpg.webp'));
    const read = await openFolder(folder);
    expect(read.gallery('all').toSorted()).toEqual(['p1.jpg', 'p1.png', 'p2', 'p2.jpg.webp', 'p3']);
    const pairs = read.triplets('all').map(({ reference, target }) => [reference, target].map((id) => read.file(id!)));
    expect(pairs).toEqual(
      [
        ['p1.jpg', 'p1.png'],
        ['p2.jpg', 'p3.png'],
        ['p2.jpg', 'p2.jpg.webp'],
      ].map((pair) => pair.map((name) => join(folder, name))),
    );
    await write('triplets.jsonl', triplet('p1', 'p3'));
    await expect(openFolder(folder)).rejects.toThrow(
      'triplets.jsonl, line 1: "reference" is "p1"; expected one of p1.jpg and p1.png',
    );
  });

  it.each(['a folder', 'a list'])('compares the names of %s in NFC', async (kind) => {
    const [composed, apart] = ['\u00e9t\u00e9', 'e\u0301te\u0301'];
    await images(`images/${apart}/${apart}.png`, `images/${composed}.jpg`, 'images/b.jpg');
    if (kind === 'a list') {
      const names = [`${composed}/${composed}.png`, `images/${apart}.jpg`, 'b.jpg'];
      await write('images.jsonl', ...names.map((name) => ({ file_name: name, split: apart })));
    }
    await write('triplets.csv', 'reference,target,caption,split,id', `${composed}/${apart},${apart},x,${composed},1`);
    const read = await openFolder(folder);
    expect(read.splits).toEqual([composed]);
    expect(read.gallery(composed).toSorted()).toEqual(['b', composed, `${composed}/${composed}`]);
    const [{ reference, target }] = read.triplets(composed);
    expect(read.file(reference)).toBe(join(folder, 'images', apart, `${apart}.png`));
    expect(read.file(target!)).toBe(join(folder, 'images', `${composed}.jpg`));
    expect((await read.image(apart)).width).toBe(28);
    await images(`images/${apart}.jpg`);
    if (kind === 'a list') return;
    await expect(openFolder(folder)).rejects.toThrow(`"name" is "${composed}.jpg", as in ${join(folder, 'images')}`);
  });

  it('puts triplets without a split into one that serves for everything', async () => {
    await images('a.jpg', 'b.jpg');
    await write('triplets.jsonl', triplet('a', 'b'));
    const read = await openFolder(folder);
    expect(read.splits).toEqual(['all']);
    expect(read.categories).toEqual(['all']);
    expect(read.uses).toEqual({ train: 'all', validation: 'all', test: 'all' });
  });

  it.each([
    [['train', 'validation', 'test'], { train: 'train', validation: 'validation', test: 'test' }],
    [['test', 'train'], { train: 'train', validation: 'test', test: 'test' }],
    [['train'], { train: 'train', validation: 'train', test: 'train' }],
    [['queries'], { validation: 'queries', test: 'queries' }],
  ])('uses splits %j as %j', async (splits, uses) => {
    await images('a.jpg', 'b.jpg');
    await write('triplets.jsonl', ...splits.map((split) => triplet('a', 'b', { split })));
    expect((await openFolder(folder)).uses).toEqual(uses);
  });

  it('shows a query only the listed images of its split and category', async () => {
    await images('a.jpg', 'images/b.png', 'c.jpg', 'd.jpg', 'not-listed.jpg');
    await write(
      'metadata.jsonl',
      { file_name: 'd.jpg' },
      { file_name: 'images/b.png', split: 'val', category: 'hat', caption: 'a field of others' },
      { file_name: 'c.jpg', split: 'val', category: 'shoe' },
      { file_name: './a.jpg', split: 'train' },
    );
    await write(
      'triplets.jsonl',
      triplet('d', 'b', { split: 'val', category: 'hat' }),
      triplet('d', 'a', { split: 'train', category: 'shoe' }),
      triplet('c', 'd.jpg', { split: 'val', category: 'shoe' }),
    );
    const read = await openFolder(folder);
    expect(read.splits.map((split) => read.categories.map((c) => read.gallery(split, c)))).toEqual([
      [
        ['d', 'b'],
        ['d', 'c'],
      ],
      [
        ['d', 'a'],
        ['d', 'a'],
      ],
    ]);
    expect(read.gallery('val')).toEqual(['d', 'b', 'c']);
    for (const { problems } of await checkImages(read)) expect(problems).toEqual([]);
    await rm(join(folder, 'images', 'b.png'));
    await expect(read.image('b')).rejects.toThrow(
      `image "b" is missing; looked for ${join(folder, 'images', 'b.png')}, `,
    );
  });
});

it('a category of its own that is called all is one like the others', async () => {
  await images('a.jpg', 'b.jpg', 'c.jpg');
  await write(
    'images.jsonl',
    { file_name: 'a.jpg', category: 'all' },
    { file_name: 'b.jpg', category: 'all' },
    { file_name: 'c.jpg', category: 'hat' },
  );
  await write('triplets.jsonl', triplet('a', 'b', { category: 'all' }), triplet('c', 'c', { category: 'hat' }));
  const read = await openFolder(folder);
  expect(read.categories.map((category) => read.gallery('all', category))).toEqual([['a', 'b'], ['c']]);
});

describe('a folder of triplets.csv and images', () => {
  it('reads what a spreadsheet writes', async () => {
    await images('a.jpg', 'b.jpg', 'c.jpg');
    await write(
      'triplets.csv',
      '\ufeffreference,target,caption,caption2,split,category,id\r',
      'a.jpg,b.jpg,"is red, and ""shiny""",has a print,train,one,first\r',
      'b,c,"two\nlines",,val,one,\r',
      '',
      'c,a,is plain,,val,one,last\r',
    );
    const read = await openFolder(folder);
    const common = { category: 'one' };
    expect(read.triplets('train')).toEqual([
      { ...common, id: 'first', reference: 'a', target: 'b', captions: ['is red, and "shiny"', 'has a print'] },
    ]);
    expect(read.triplets('val')).toEqual([
      { ...common, id: 'one-val-1', reference: 'b', target: 'c', captions: ['two\nlines'] },
      { ...common, id: 'last', reference: 'c', target: 'a', captions: ['is plain'] },
    ]);
  });

  it.each(['\n', '\r\n', '\r'])('reads both kinds of file with lines that end in %j', async (end) => {
    await images('a.jpg', 'b.jpg');
    const csv = ['\ufeffreference,target,caption', 'a,b,"two', 'lines"', '', 'a,c,is red', ''];
    await writeFile(join(folder, 'triplets.csv'), csv.join(end));
    await expect(openFolder(folder)).rejects.toThrow('triplets.csv, line 5: "target" is "c"');
    await rm(join(folder, 'triplets.csv'));
    const jsonl = [`\ufeff${JSON.stringify(triplet('a', 'b'))}`, '', JSON.stringify(triplet('a', 'c')), ''];
    await writeFile(join(folder, 'triplets.jsonl'), jsonl.join(end));
    await expect(openFolder(folder)).rejects.toThrow('triplets.jsonl, line 3: "target" is "c"');
  });

  it('needs no more than three columns', async () => {
    await images('a.jpg', 'b.jpg');
    await write('triplets.csv', 'caption,target,reference', 'is red,b,a');
    expect((await openFolder(folder)).triplets('all')).toEqual([
      { id: 'all-all-0', category: 'all', reference: 'a', target: 'b', captions: ['is red'] },
    ]);
  });
});
