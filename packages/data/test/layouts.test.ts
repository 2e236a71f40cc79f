import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CirDataset, withoutImages } from '../src/index.ts';
import {
  checkImages,
  describeReports,
  openCirr,
  openEmbeddedFromPackage,
  openFashionIq,
  writeCirr,
  writeFashionIq,
} from '../src/node.ts';

let scratch: string;
let folder: string;
let set: CirDataset;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'webcir-data-'));
  set = await openEmbeddedFromPackage();
});
afterAll(() => rm(scratch, { recursive: true }));

const maxTriplets = 3;

/** Changes a JSON file of the layout under test. */
async function edit<T>(name: string, change: (value: T) => unknown): Promise<void> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))));
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (v, i) => Math.abs(v - b[i])));
}

describe('FashionIQ layout', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(scratch, 'fashioniq-'));
    await writeFashionIq(set, folder, { maxTriplets });
  });

  it('reads back the triplets, galleries and images that were written', async () => {
    const read = await openFashionIq(folder);
    expect(read.categories).toEqual(['dress', 'shirt', 'toptee']);
    expect(read.splits).toEqual(['train', 'val', 'test']);
    for (const split of read.splits) {
      for (const category of read.categories) {
        const written = set.triplets(split, category).slice(0, maxTriplets);
        const expected = written.map(({ group, targets, changed, ...triplet }) => triplet);
        expect(read.triplets(split, category)).toEqual(expected);
        const gallery = read.gallery(split, category);
        expect(gallery).toEqual(expect.arrayContaining(written.flatMap((t) => [t.reference, t.target])));
        for (const id of gallery.slice(0, 4)) {
          expect(largestDifference((await read.image(id)).data, (await set.image(id)).data)).toBeLessThan(6);
        }
      }
    }
    expect(read.triplets('val')).toHaveLength(3 * maxTriplets);
    expect(describeReports(await checkImages(read))).toMatch(/^train: all \d+ images open\nval: all/);
  });

  it('finds images in folders per category and with other endings', async () => {
    const [id] = set.gallery('val', 'shirt').filter((g) => set.triplets('val', 'shirt')[0].reference === g);
    await mkdir(join(folder, 'images', 'shirt'));
    await rename(join(folder, 'images', `${id}.jpg`), join(folder, 'images', 'shirt', `${id}.JPEG`));
    expect((await (await openFashionIq(folder)).image(id)).width).toBe(28);
  });

  it('compares names in NFC', async () => {
    const [old] = (await openFashionIq(folder)).gallery('val', 'dress');
    const [composed, apart] = ['\u00fcber', 'u\u0308ber'];
    await rename(join(folder, 'images', `${old}.jpg`), join(folder, 'images', `${apart}.jpg`));
    const renamed = (name: string) => async (file: string) => {
      const text = await readFile(join(folder, file), 'utf8');
      await writeFile(join(folder, file), text.replaceAll(`"${old}"`, `"${name}"`));
    };
    await renamed(apart)('image_splits/split.dress.val.json');
    await renamed(composed)('captions/cap.dress.val.json');
    const read = await openFashionIq(folder);
    expect(read.gallery('val', 'dress')).toContain(composed);
    expect(read.file(composed)).toBe(join(folder, 'images', `${apart}.jpg`));
    expect((await checkImages(read)).flatMap(({ problems }) => problems)).toEqual([]);
  });

  it('reads test captions without targets, and no other captions without them', async () => {
    const drop = ({ candidate, captions }: { candidate: string; captions: string[] }) => ({ candidate, captions });
    await edit('captions/cap.dress.test.json', (entries: Parameters<typeof drop>[0][]) => entries.map(drop));
    expect((await openFashionIq(folder)).triplets('test', 'dress')[0]).not.toHaveProperty('target');
    await edit('captions/cap.dress.val.json', (entries: Parameters<typeof drop>[0][]) => entries.map(drop));
    await expect(openFashionIq(folder)).rejects.toThrow(
      'captions/cap.dress.val.json, entry 0: "target" is missing; expected an image id',
    );
  });

  it('reports missing, empty and damaged images per split, and works without them', async () => {
    const [missing, empty, page] = (await openFashionIq(folder)).gallery('val', 'dress');
    await rm(join(folder, 'images', `${missing}.jpg`));
    await writeFile(join(folder, 'images', `${empty}.jpg`), '');
    await writeFile(join(folder, 'images', `${page}.jpg`), '<html>404</html>');
    const read = await openFashionIq(folder);
    const reports = await checkImages(read);
    expect(reports.map((r) => [r.split, r.problems.map((p) => p.id).sort()])).toEqual([
      ['train', []],
      ['val', [missing, empty, page].sort()],
      ['test', []],
    ]);
    expect(describeReports(reports)).toMatch(/val: 3 of \d+ images are missing or damaged, the first: .*(images|jpg)/);
    await expect(read.image(missing)).rejects.toThrow(`holds no image "${missing}"`);
    await expect(read.image(page)).rejects.toThrow(`${page}.jpg: cannot be read as an image`);
    const rest = withoutImages(read, [missing, empty, page]);
    const named = rest.triplets('val', 'dress').flatMap((t) => [t.reference, t.target]);
    expect(named).not.toContain(missing);
    expect(named).not.toContain(empty);
    expect(rest.triplets('val', 'dress').length).toBeLessThan(maxTriplets);
    expect(rest.triplets('val', 'shirt')).toHaveLength(maxTriplets);
    expect(rest.gallery('val')).toHaveLength(read.gallery('val').length - 3);
    expect((await checkImages(rest)).flatMap((r) => r.problems)).toEqual([]);
  });

  type Entry = Record<string, unknown>;
  const with1 = (change: Entry) => (entries: Entry[]) => entries.map((e, i) => (i === 1 ? { ...e, ...change } : e));
  it.each([
    [{ captions: undefined }, '"captions" is missing; expected a list of two strings'],
    [{ captions: ['one'] }, '"captions" is ["one"]; expected a list of two strings'],
    [{ captions: ['one', 2] }, '"captions.1" is 2; expected a list of two strings'],
    [{ candidate: 7 }, '"candidate" is 7; expected an image id'],
    [{ candidate: 'B000' }, '"candidate" is "B000"; expected an image of image_splits/split.dress.train.json'],
  ])('names file, entry and field for %j', async (change, message) => {
    await edit('captions/cap.dress.train.json', with1(change));
    await expect(openFashionIq(folder)).rejects.toThrow(`captions/cap.dress.train.json, entry 1: ${message}`);
  });

  it('names files that are missing or are not JSON, and folders that do not exist', async () => {
    await rm(join(folder, 'image_splits', 'split.toptee.val.json'));
    await expect(openFashionIq(folder)).rejects.toThrow(`split.toptee.val.json is missing`);
    await writeFile(join(folder, 'captions', 'cap.dress.train.json'), '<!doctype html>');
    await expect(openFashionIq(folder)).rejects.toThrow('captions/cap.dress.train.json is not valid JSON');
    await rm(join(folder, 'captions'), { recursive: true });
    await expect(openFashionIq(folder)).rejects.toThrow('holds none of captions/cap.dress.train.json');
    await rm(join(folder, 'images'), { recursive: true });
    await expect(openFashionIq(folder)).rejects.toThrow(/images does not exist; expected the folder of FashionIQ's/);
    await expect(openFashionIq(join(folder, 'nowhere'))).rejects.toThrow(
      'nowhere does not exist; expected the folder of FashionIQ, which holds captions, image_splits and images',
    );
  });
});

describe('CIRR layout', () => {
  beforeEach(async () => {
    folder = await mkdtemp(join(scratch, 'cirr-'));
    await writeCirr(set, folder, { maxTriplets });
  });

  it('reads back queries, groups and images that were written', async () => {
    const read = await openCirr(folder);
    expect(read.categories).toEqual(['all']);
    expect(read.splits).toEqual(['train', 'val', 'test1']);
    const written = set.categories.flatMap((c) => set.triplets('val', c).slice(0, maxTriplets));
    expect(read.triplets('val', 'all')).toEqual(
      written.map(({ reference, target, captions, group }, i) => {
        return { id: String(i), category: 'all', reference, target, captions: [captions[0]], group };
      }),
    );
    for (const { reference, target, group } of read.triplets('train')) {
      expect(new Set(group).size).toBe(6);
      expect(group).toEqual(expect.arrayContaining([reference, target]));
    }
    expect(read.triplets('test1')[0]).not.toHaveProperty('target');
    expect(read.gallery('val')).toEqual(expect.arrayContaining(written.flatMap((t) => t.group)));
    for (const id of read.gallery('test1').slice(0, 5)) {
      expect(largestDifference((await read.image(id)).data, (await set.image(id)).data)).toBe(0);
    }
  });

  it('compares names in NFC', async () => {
    const [old] = (await openCirr(folder)).gallery('val');
    const [composed, apart] = ['\u00fcber', 'u\u0308ber'];
    await rename(join(folder, 'dev', `${old}.png`), join(folder, 'dev', `${apart}.png`));
    await edit('cirr/image_splits/split.rc2.val.json', ({ [old]: _, ...paths }: Record<string, string>) => {
      return { ...paths, [apart]: `./dev/${composed}.png` };
    });
    await edit('cirr/captions/cap.rc2.val.json', (entries) =>
      JSON.parse(JSON.stringify(entries).replaceAll(`"${old}"`, `"${composed}"`)),
    );
    const read = await openCirr(folder);
    expect(read.gallery('val')).toContain(composed);
    for (const id of [composed, apart]) expect(read.file(id)).toBe(join(folder, 'dev', `${apart}.png`));
    expect((await checkImages(read)).flatMap(({ problems }) => problems)).toEqual([]);
    await edit('cirr/image_splits/split.rc2.val.json', (paths: object) => ({ ...paths, [composed]: './dev/x.png' }));
    await expect(openCirr(folder)).rejects.toThrow(`"name" is "${composed}", as in image_splits/split.rc2.val.json, "`);
  });

  it("reads CIRR's own root, with the images in img_raw", async () => {
    for (const part of ['train', 'dev', 'test1']) {
      await mkdir(join(folder, 'cirr', 'img_raw'), { recursive: true });
      await rename(join(folder, part), join(folder, 'cirr', 'img_raw', part));
    }
    for (const root of [folder, join(folder, 'cirr')]) {
      expect((await checkImages(await openCirr(root))).flatMap((r) => r.problems)).toEqual([]);
    }
  });

  it('names what is wrong', async () => {
    const first = (change: object) => (entries: object[]) => entries.map((e, i) => (i ? e : { ...e, ...change }));
    const file = 'cirr/captions/cap.rc2.val.json';
    await edit(file, first({ caption: undefined }));
    await expect(openCirr(folder)).rejects.toThrow(
      'captions/cap.rc2.val.json, entry 0: "caption" is missing; expected a',
    );
    await edit(file, first({ caption: 'show it', img_set: { members: ['a', 'b'] } }));
    await expect(openCirr(folder)).rejects.toThrow('entry 0: "img_set.members" is ["a","b"]; expected a list of six');
    await edit(file, first({ reference: 'dev-0', img_set: { members: Array(6).fill('dev-1') } }));
    await expect(openCirr(folder)).rejects.toThrow(
      'entry 0: "reference" is "dev-0"; expected an image of image_splits/',
    );
    await expect(openCirr(join(folder, 'nowhere'))).rejects.toThrow(
      'nowhere does not exist; expected the folder of CIRR',
    );
  });

  it('says where it looked for a missing image', async () => {
    const read = await openCirr(folder);
    const [id] = read.gallery('val');
    await rm(join(folder, 'dev', `${id}.png`));
    await expect(read.image(id)).rejects.toThrow(`image "${id}" is missing; looked for ${join(folder, 'dev')}`);
  });
});
