import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedFromPackage, openFashionIq, writeFashionIq } from '@webcir/data/node';
import { openPlanes, planesOf } from '@webcir/retrieval/node';
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
