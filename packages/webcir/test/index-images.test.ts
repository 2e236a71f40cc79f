// Drives `webcir index`, `webcir search` and `webcir store`, as built, with the embedded small CLIP.
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedFromPackage } from '@webcir/data/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, runIn } from './run-cli.ts';

let folder: string;
const path = (name: string) => join(folder, name);
const webcir = (...args: string[]) => runIn(folder, cli, ...args);
const succeed = async (...args: string[]) => {
  const { code, stdout, stderr } = await webcir(...args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};
const index = (...args: string[]) => succeed('index', 'photos', '--into', 'store', '--no-autotune', ...args);
const found = async (...args: string[]) =>
  (await succeed('search', 'store', '--no-autotune', '--json', ...args))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-index-'));
  const embedded = await openEmbeddedFromPackage();
  await mkdir(path('photos/below'), { recursive: true });
  for (const [i, id] of embedded.gallery('val', 'dress').slice(0, 12).entries()) {
    const { width, height, data } = await embedded.image(id);
    const png = sharp(data, { raw: { width, height, channels: 3 } }).png();
    await writeFile(path(`photos/${i % 2 ? 'below/' : ''}${i}.png`), await png.toBuffer());
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('webcir index', () => {
  it('encodes what is not stored as it is now, and nothing else', async () => {
    expect(await index()).toContain('12 images encoded, 12 in store, ');
    expect(await index()).toMatch(/12 images are stored already\n0 images encoded, 12 in store/);
    await utimes(path('photos/2.png'), 1, 1);
    await cp(path('photos/2.png'), path('photos/new.png'));
    expect(await index()).toMatch(/^11 images are stored already\n[\s\S]*\n2 images encoded, 13 in store/);
    await rm(path('photos/new.png'));
    expect(await succeed('store', 'info', 'store')).toMatch(/^13 images, \d+ values each in F16, of the model \w+\n$/);
  });

  it('makes a store that is searched by images, ids and words', async () => {
    const whole = await found('--image', 'photos/4.png', '--text', 'is darker', '-k', '5');
    expect(whole.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5]);
    expect(await found('--image', '4.png', '--text', 'is darker', '-k', '2', '--offset', '3')).toEqual(
      whole.slice(3).map((hit) => ({ ...hit, score: expect.closeTo(hit.score, 2) })),
    );
    const [self] = await found('--image', 'photos/below/5.png');
    expect([self.id, self.metadata.bytes]).toEqual([
      'below/5.png',
      (await readFile(path('photos/below/5.png'))).length,
    ]);
    const others = await found('--image', '2.png', '--distinct', '0.9999', '--exclude', '0.png', '-k', '20');
    const ids = others.map(({ id }) => id);
    expect(ids).not.toContain('2.png'); // what is like it, without itself
    expect(ids).not.toContain('0.png');
    expect(ids).toContain('new.png');
    const filter = JSON.stringify({ modified: { lte: 1000 } });
    expect((await found('--text', 'a dress', '--filter', filter)).map(({ id }) => id)).toEqual(['2.png']);
    expect(await succeed('search', 'store', '--text', 'a dress', '--min-score', '1')).toContain('Nothing fits.');
  });

  it('names what cannot be read, and stores the others', async () => {
    await writeFile(path('photos/cut.jpg'), 'no image');
    const { code, stdout, stderr } = await webcir('index', 'photos', '--into', 'other', '--no-autotune');
    expect([code, stderr]).toEqual([
      1,
      'error: 1 image cannot be read, and other holds only the others; --skip-missing takes that for success',
    ]);
    expect(stdout).toContain('photos/cut.jpg: cannot be read as an image');
    expect(await succeed('index', 'photos', '--into', 'other', '--no-autotune', '--skip-missing')).toMatch(
      /12 images are stored already[\s\S]*Left out: 1 image\./,
    );
    await rm(path('photos/cut.jpg'));
  });

  it('makes parts that are joined, once all are whole', async () => {
    const shard = (part: string) => succeed('index', 'photos', '--into', 'parted', '--no-autotune', '--shard', part);
    await shard('1/2');
    const early = await webcir('store', 'join', 'parted');
    expect(early.stderr).toContain('parts are missing or not finished: 2/2');
    await shard('2/2');
    expect(await shard('2/2')).toContain('\n0 images encoded');
    expect(existsSync(path('parted/parts/1-of-2/manifest.json'))).toBe(true);
    for (const time of ['first', 'second'])
      expect(await succeed('store', 'join', 'parted'), time).toContain('2 parts, 12 images in parted');
    expect(await succeed('store', 'compact', 'parted')).toContain('12 images in parted');
    const search = (store: string) => succeed('search', store, '--text', 'is darker', '--exclude', 'new.png');
    expect(await search('parted')).toBe(await search('store'));
  });

  it("goes through clip-retrieval's layout and comes back the same", async () => {
    expect(await succeed('store', 'export', 'store', 'exported')).toBe('13 images in exported\n');
    expect(await succeed('store', 'import', 'again', 'exported')).toContain('13 rows, 13 images in again');
    const search = (store: string) => succeed('search', store, '--text', 'is darker', '--json', '--no-autotune');
    expect(await search('again')).toBe(await search('store'));
    await writeFile(path('ids.txt'), Array.from({ length: 13 }, (_, i) => `row ${i}\n`).join(''));
    const array = 'exported/img_emb/img_emb_0.npy';
    expect(await succeed('store', 'import', 'rows', array, '--ids', 'ids.txt')).toContain('13 images in rows');
    expect((await webcir('store', 'import', 'rows', array)).stderr).toContain('a .npy file with --ids');
  });

  it('refuses a store of another model, one that is not there, and a part that is none', async () => {
    const other = await webcir('index', 'photos', '--into', 'store', '--transform', 'squarepad', '--no-autotune');
    expect(other.stderr).toContain('the store holds features of another CLIP or preprocessing');
    const none = await webcir('search', 'nowhere', '--text', 'a dress');
    expect(none.stderr).toContain('nowhere: there is no store');
    const part = await webcir('index', 'photos', '--into', 'store', '--shard', '3/2');
    expect(part.stderr).toContain('expected a part and their number, like 1/10');
  });
});
