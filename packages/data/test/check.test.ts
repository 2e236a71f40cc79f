import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CirDataset, unpublishedCounts, withoutImages } from '../src/index.ts';
import { checkImages, openEmbeddedFromPackage, openFashionIq, skipUnreadable, writeFashionIq } from '../src/node.ts';

let scratch: string;
let set: CirDataset;
let clean: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'webcir-check-'));
  set = await openEmbeddedFromPackage();
  clean = join(scratch, 'clean');
  await writeFashionIq(set, clean, { maxTriplets: 2 });
});
afterAll(() => rm(scratch, { recursive: true }));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(scratch, 'set-'));
  await cp(clean, folder, { recursive: true });
});

const image = (name: string) => join(folder, 'images', name);
const kinds = async (dataset: CirDataset) =>
  (await checkImages(dataset)).flatMap(({ split, problems }) => problems.map(({ id, kind }) => [split, id, kind]));

describe('checkImages', () => {
  it('tells missing, empty and damaged images apart, and counts images and triplets', async () => {
    const [gone, empty, page, cut, directory, dangling] = (await openFashionIq(folder)).gallery('val');
    await rm(image(`${gone}.jpg`));
    await writeFile(image(`${empty}.jpg`), '');
    await writeFile(image(`${page}.jpg`), '<html>404</html>');
    const whole = await readFile(image(`${cut}.jpg`));
    await writeFile(image(`${cut}.jpg`), whole.subarray(0, whole.length - 200));
    await rm(image(`${directory}.jpg`));
    await mkdir(image(`${directory}.jpg`));
    await rm(image(`${dangling}.jpg`));
    await symlink(image('nowhere'), image(`${dangling}.jpg`));
    await writeFile(image('of-no-split.jpg'), '');

    const read = await openFashionIq(folder);
    const progress: [number, number][] = [];
    const reports = await checkImages(read, { concurrency: 3, onProgress: (...now) => progress.push(now) });
    expect(reports.map(({ split, images, triplets }) => [split, images, triplets])).toEqual(
      ['train', 'val', 'test'].map((split) => [split, read.gallery(split).length, 6]),
    );
    expect(reports[1].problems.map(({ id, kind }) => [id, kind])).toEqual([
      [gone, 'missing'],
      [empty, 'empty'],
      [page, 'damaged'],
      [cut, 'damaged'],
      [directory, 'damaged'],
      [dangling, 'missing'],
    ]);
    for (const [i, name] of [gone, empty, page, cut, directory, dangling].entries()) {
      expect(reports[1].problems[i].message).toContain(name);
    }
    expect([...reports[0].problems, ...reports[2].problems]).toEqual([]);
    const total = new Set(read.splits.flatMap((split) => read.gallery(split))).size;
    expect(progress).toEqual(Array.from({ length: total }, (_, i) => [i + 1, total]));
  });

  it('opens an image of two splits once', async () => {
    const opened: string[] = [];
    const gallery = set.gallery('val', 'dress').slice(0, 5);
    const shared: CirDataset = {
      ...set,
      gallery: () => gallery,
      image: async (id) => {
        opened.push(id);
        throw new Error(`${id} is out of order`);
      },
    };
    const reports = await checkImages(shared);
    expect(opened.sort()).toEqual([...gallery].sort());
    for (const { problems } of reports) {
      expect(problems).toEqual(gallery.map((id) => ({ id, kind: 'damaged', message: `${id} is out of order` })));
    }
  });

  it('prefers .jpg to .jpeg, .png and .webp of one id, and files to folders, and reports the others', async () => {
    const [four, two, copy, kept] = (await openFashionIq(folder)).gallery('val');
    await rename(image(`${four}.jpg`), image(`${four}.webp`));
    for (const ending of ['png', 'JPG', 'jpeg']) await cp(image(`${two}.jpg`), image(`${four}.${ending}`));
    await rename(image(`${two}.jpg`), image(`${two}.webp`));
    await writeFile(image(`${two}.png`), 'broken');
    await mkdir(image('dress'));
    await cp(image(`${copy}.jpg`), image(`dress/${copy}.jpg`));
    await rename(image(`${kept}.jpg`), image(`${kept}.webp`));
    await mkdir(image(`${kept}.jpg`));
    const read = await openFashionIq(folder);
    expect([four, two, copy, kept].map((id) => read.file(id))).toEqual(
      [`${four}.JPG`, `${two}.png`, `${copy}.jpg`, `${kept}.webp`].map(image),
    );
    expect(await kinds(read)).toEqual([
      ['val', four, 'duplicate'],
      ['val', two, 'damaged'],
      ['val', two, 'duplicate'],
      ['val', kept, 'duplicate'],
    ]);
    const [{ message }] = (await checkImages(read))[1].problems;
    // .jpeg and .png are copies of the file in use.
    expect(message).toBe(
      `${image(`${four}.JPG`)} is taken for "${four}", not ${image(`${four}.webp`)}; keep one of them`,
    );
  });

  it('finds nothing wrong with the embedded set', async () => {
    const part: CirDataset = { ...set, splits: ['val'] };
    expect(await checkImages(part)).toEqual([
      { split: 'val', images: 3000, triplets: set.triplets('val').length, problems: [] },
    ]);
  });
});

describe('skipUnreadable', () => {
  it('leaves out unreadable images with the triplets that need them, and says how many', async () => {
    const read = await openFashionIq(folder);
    expect(await skipUnreadable(read)).toBe(read);
    const [{ reference, target }] = read.triplets('val', 'dress');
    await rm(image(`${reference}.jpg`));
    await writeFile(image(`${target}.jpg`), '');
    const [duplicate] = read.gallery('test');
    await writeFile(image(`${duplicate}.png`), 'other');
    const damaged = await openFashionIq(folder);
    let last = [0, 0];
    const rest = await skipUnreadable(damaged, (...now) => {
      last = now;
    });
    expect(last[0]).toBe(last[1]);
    const lost = read
      .triplets('val')
      .filter((t) => [t.reference, t.target].some((id) => id === reference || id === target));
    expect(rest.incomplete).toEqual({ images: 2, triplets: lost.length });
    expect(rest.gallery('val')).toEqual(read.gallery('val').filter((id) => id !== reference && id !== target));
    expect(rest.triplets('val')).toEqual(read.triplets('val').filter((t) => !lost.includes(t)));
    expect(rest.gallery('test')).toContain(duplicate);
    expect(await kinds(rest)).toEqual([['test', duplicate, 'duplicate']]);

    const [other] = rest.gallery('test');
    expect(withoutImages(rest, [other, 'unknown']).incomplete!.images).toBe(3);
  });

  it('refuses to go on without a single triplet of a split', async () => {
    for (const id of (await openFashionIq(folder)).gallery('val')) await writeFile(image(`${id}.jpg`), '');
    await expect(skipUnreadable(await openFashionIq(folder))).rejects.toThrow(
      /fashioniq: every triplet of split val needs an image that cannot be read, for instance: .*\.jpg is empty/,
    );
  });
});

describe('unpublishedCounts', () => {
  it('says where a published set has other counts', async () => {
    const notes = unpublishedCounts(await openFashionIq(folder));
    expect(notes).toHaveLength(9);
    expect(notes[4]).toMatch(
      /^fashioniq, val, shirt: \d+ images and 2 triplets, where 6,346 images and 2,038 triplets were published$/,
    );
    expect(unpublishedCounts(set)).toEqual([]);
    const list = <T>(length: number, value: T) => Array.from({ length }, () => value);
    const [triplet] = set.triplets('val');
    const whole: CirDataset = {
      ...set,
      name: 'cirr',
      categories: ['all'],
      splits: ['val'],
      gallery: () => list(2297, 'a'),
      triplets: () => list(4181, triplet),
    };
    expect(unpublishedCounts(whole)).toEqual([]);
    expect(unpublishedCounts({ ...whole, triplets: () => list(4184, triplet) })).toEqual([
      'cirr, val, all: 2,297 images and 4,184 triplets, where 2,297 images and 4,181 triplets were published',
    ]);
  });
});
