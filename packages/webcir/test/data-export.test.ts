// Drives the real `webcir data export`, as built.
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedFromPackage, openFashionIq } from '@webcir/data/node';
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
        expect(written.triplets(split, category)).toEqual(
          set.triplets(split, category).map(({ group: _, targets: __, ...triplet }) => triplet),
        );
      }
    }
    const files = await readdir(join(folder, 'made', 'fashioniq', 'images'));
    expect(new Set(files)).toEqual(new Set(set.splits.flatMap((s) => set.gallery(s)).map((id) => `${id}.jpg`)));
  }, 120_000);

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
