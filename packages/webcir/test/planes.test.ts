import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedFromPackage, openFashionIq, writeFashionIq } from '@webcir/data/node';
import { madeAhead, openPlanes, planesOf } from '@webcir/retrieval/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const preprocessing = { transform: 'targetpad', size: 32, targetRatio: 1.25 } as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-images-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('openPlanes', () => {
  it('gives the numbers of planesOf, of images in files and in memory', async () => {
    const embedded = await openEmbeddedFromPackage();
    await writeFashionIq(embedded, folder, { maxTriplets: 2 });
    for (const dataset of [embedded, await openFashionIq(folder)]) {
      const source = openPlanes(dataset, preprocessing);
      const ids = dataset.gallery('val').slice(0, 6);
      const planes = await Promise.all(ids.map((id) => source.planes(id)));
      for (const [i, id] of ids.entries()) expect(planes[i]).toEqual(await planesOf(dataset, id, preprocessing));
      await source.close();
    }
  });

  it('names an image that cannot be read, or is not there', async () => {
    const dataset = await openFashionIq(folder);
    const [page, missing] = dataset.gallery('val', 'shirt');
    await writeFile(join(folder, 'images', `${page}.jpg`), '<html>404</html>');
    await rm(join(folder, 'images', `${missing}.jpg`));
    const source = openPlanes(await openFashionIq(folder), preprocessing);
    await expect(source.planes(page)).rejects.toThrow(`${page}.jpg: cannot be read as an image`);
    await expect(source.planes(missing)).rejects.toThrow(`holds no image "${missing}"`);
    await source.close();
  });
});

describe('madeAhead', () => {
  it('makes each item once, in order, and no more than asked for ahead', async () => {
    const made: number[] = [];
    const item = madeAhead(10, 3, async (index) => {
      made.push(index);
      return index;
    });
    for (let index = 0; index < 10; index++) {
      expect(await item(index)).toBe(index);
      expect(made).toEqual(Array.from({ length: Math.min(index + 4, 10) }, (_, i) => i));
    }
  });

  it('tells of an item that failed when that item is asked for', async () => {
    const item = madeAhead(3, 2, async (index) => {
      if (index === 1) throw new Error('item 1');
      return index;
    });
    expect(await item(0)).toBe(0);
    await expect(item(1)).rejects.toThrow('item 1');
    expect(await item(2)).toBe(2);
  });
});
