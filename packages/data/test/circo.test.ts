import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EmbeddedDataset } from '../src/index.ts';
import { checkImages, openCirco, openEmbeddedFromPackage, writeCirco } from '../src/node.ts';

const maxTriplets = 2;
const galleryFile = 'COCO2017_unlabeled/annotations/image_info_unlabeled2017.json';

let scratch: string;
let set: EmbeddedDataset;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'webcir-circo-'));
  set = await openEmbeddedFromPackage();
});
afterAll(() => rm(scratch, { recursive: true }));

let folder: string;
/** COCO ids by the embedded set's. */
let ids: Map<string, string>;
beforeEach(async () => {
  folder = await mkdtemp(join(scratch, 'set-'));
  ids = await writeCirco(set, folder, { maxTriplets });
});

async function edit<T>(name: string, change: (value: T) => unknown): Promise<void> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))));
}

const fileOf = (id: string) => join(folder, 'COCO2017_unlabeled', 'unlabeled2017', `${id.padStart(12, '0')}.jpg`);

describe('CIRCO layout', () => {
  it('reads back queries with all their answers, and the images', async () => {
    const read = await openCirco(folder);
    expect(read.categories).toEqual(['all']);
    expect(read.splits).toEqual(['val', 'test']);
    expect(read.uses).toEqual({ validation: 'val', test: 'val', submission: 'test' });
    const coco = (id: string) => ids.get(id)!;
    const written = set.categories.flatMap((c) => set.triplets('val', c).slice(0, maxTriplets));
    expect(read.triplets('val')).toEqual(
      written.map(({ reference, target, targets, captions }, i) => ({
        id: String(i),
        category: 'all',
        reference: coco(reference),
        captions: [captions[0]],
        sharedConcept: 'clothing',
        target: coco(target!),
        targets: [target!, ...targets!.filter((other) => other !== target)].map(coco),
      })),
    );
    for (const triplet of read.triplets('test')) {
      expect(Object.keys(triplet).sort()).toEqual(['captions', 'category', 'id', 'reference', 'sharedConcept']);
    }
    expect(read.gallery('val')).toEqual(read.gallery('test'));
    const [[own, id]] = ids;
    expect(read.file(id)).toBe(fileOf(id));
    const [first, second] = [await read.image(id), await set.image(own)];
    expect(Math.max(...Array.from(first.data, (v, i) => Math.abs(v - second.data[i])))).toBeLessThan(6);
  });

  it("takes the gallery in COCO's order, and without COCO's list every image that is there or needed", async () => {
    await edit<{ images: object[] }>(galleryFile, ({ images }) => ({ images: images.reverse() }));
    expect((await openCirco(folder)).gallery('val')).toEqual([...ids.values()].reverse());

    await rm(join(folder, galleryFile));
    const other = join(folder, 'COCO2017_unlabeled', 'unlabeled2017', '000000000007.jpg');
    await writeFile(other, await readFile(fileOf([...ids.values()][0])));
    await writeFile(join(folder, 'COCO2017_unlabeled', 'unlabeled2017', 'notes.jpg'), 'not one of COCO');
    const { target } = (await openCirco(folder)).triplets('val')[0];
    await rm(fileOf(target!));
    const read = await openCirco(folder);
    expect(read.gallery('val')).toEqual(['7', ...ids.values()]);
    expect((await checkImages(read))[0].problems).toEqual([
      { id: target!, kind: 'missing', message: expect.stringContaining(`looked for ${fileOf(target!)}`) },
    ]);
  });

  it("finds COCO's images in a folder of their own", async () => {
    await rename(join(folder, 'COCO2017_unlabeled', 'unlabeled2017'), join(folder, 'unlabeled2017'));
    await rename(join(folder, galleryFile), join(folder, 'annotations', 'image_info_unlabeled2017.json'));
    await rm(join(folder, 'COCO2017_unlabeled'), { recursive: true });
    const read = await openCirco(folder);
    expect(read.gallery('val')).toEqual([...ids.values()]);
    for (const { problems } of await checkImages(read)) expect(problems).toEqual([]);
    await rename(join(folder, 'unlabeled2017'), join(folder, 'images'));
    await expect(openCirco(folder)).rejects.toThrow(
      'holds neither of COCO2017_unlabeled/unlabeled2017, unlabeled2017; unpack',
    );
  });

  it('reads one split where the other is not there', async () => {
    await rm(join(folder, 'annotations', 'test.json'));
    const { splits, uses, triplets } = await openCirco(folder);
    expect([splits, uses]).toEqual([['val'], { validation: 'val', test: 'val' }]);
    expect(() => triplets('test')).toThrow('circo has no split "test", only val');
    await rm(join(folder, 'annotations', 'val.json'));
    await expect(openCirco(folder)).rejects.toThrow('holds none of annotations/val.json, annotations/test.json');
    await mkdir(join(folder, 'empty'));
    await expect(openCirco(join(folder, 'nowhere'))).rejects.toThrow('expected the folder of CIRCO');
  });
});
