// Drives the real `webcir data export`, as built.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Triplet } from '@webcir/data';
import { openCirr, openEmbeddedFromPackage, openFashionIq } from '@webcir/data/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, runIn } from './run-cli.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-data-export-'));
});
afterAll(() => rm(folder, { recursive: true }));

const exportTo = (...args: string[]) => runIn(folder, cli, 'data', 'export', 'fmnist-cir', ...args);

describe('webcir data export', () => {
  it('writes the embedded set: the same triplets, galleries, splits and images', async () => {
    const { code, stdout, stderr } = await exportTo('made/fashioniq', '--layout', 'fashioniq');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('21000 images');
    expect(stdout).toContain('Open it with --dataset fashioniq --data made/fashioniq\n');
    const set = await openEmbeddedFromPackage();
    const written = await openFashionIq(join(folder, 'made', 'fashioniq'));
    expect(written.splits).toEqual(set.splits);
    for (const split of set.splits) {
      for (const category of set.categories) {
        expect(written.gallery(split, category)).toEqual(set.gallery(split, category));
        const content = ({ id, reference, target, captions }: Triplet) => ({
          id,
          category,
          reference,
          target,
          captions,
        });
        expect(written.triplets(split, category)).toEqual(set.triplets(split, category).map(content));
      }
    }
    const files = await readdir(join(folder, 'made', 'fashioniq', 'images'));
    expect(new Set(files)).toEqual(new Set(set.splits.flatMap((s) => set.gallery(s)).map((id) => `${id}.jpg`)));
  }, 120_000);

  it("writes the emoji in CIRR's layout: the same triplets, groups and galleries", async () => {
    const { code, stderr } = await runIn(folder, cli, 'data', 'export', 'emoji-cir', 'made/cirr', '--layout', 'cirr');
    expect([code, stderr]).toEqual([0, '']);
    const set = await openEmbeddedFromPackage('emoji-cir');
    const written = await openCirr(join(folder, 'made', 'cirr'));
    expect(written.gallery('val')).toEqual(set.gallery('val'));
    const content = ({ reference, target, captions, group }: Triplet) => ({ reference, target, captions, group });
    expect(written.triplets('val').map(content)).toEqual(set.triplets('val').map(content));
    expect(written.triplets('train').length).toBe(set.triplets('train').length);
    const [id] = set.gallery('val');
    expect(await written.image(id)).toEqual(await set.image(id));
  }, 60_000);

  it('refuses to write the emoji as FashionIQ, before it makes a folder', async () => {
    const args = ['data', 'export', 'emoji-cir', 'no/such', '--layout', 'fashioniq'];
    const { code, stderr } = await runIn(folder, cli, ...args);
    expect([code, stderr]).toEqual([1, expect.stringContaining('error: emoji-cir has one category and one caption')]);
    expect(await readdir(folder)).not.toContain('no');
  });

  it('refuses a folder that is not empty', async () => {
    await writeFile(join(folder, 'mine.txt'), '');
    const before = await readdir(folder);
    const { code, stderr } = await exportTo('.', '--layout', 'cirr');
    expect([code, stderr]).toEqual([1, 'error: . is not empty; name another folder, or empty it']);
    expect(await readdir(folder)).toEqual(before);
  });

  it.each([
    [['there'], "required option '--layout <name>' not specified"],
    [['there', '--layout', 'circo'], 'expected one of fashioniq, cirr'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await exportTo(...args);
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});
