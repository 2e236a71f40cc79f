// Drives `webcir index`, `webcir search` and `webcir store`, as built, with the embedded small CLIP.
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lock } from '@webcir/clip/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePhotos } from './photos.ts';
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
  await writePhotos(path('photos'), 12);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('webcir index', () => {
  it('encodes what is not stored as it is now, and nothing else', async () => {
    expect(await index()).toContain('12 images encoded, 12 in store, ');
    expect(await index()).toMatch(/12 of 12 images stored already.*\n0 images encoded, 12 in store/);
    await utimes(path('photos/2.png'), 1, 1);
    await cp(path('photos/2.png'), path('photos/new.png'));
    expect(await index()).toMatch(/11 of 13 images stored already[\s\S]*\n2 images encoded, 13 in store/);
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
    const report = ['--report', 'unreadable.jsonl'];
    const { code, stdout, stderr } = await webcir('index', 'photos', '--into', 'other', '--no-autotune', ...report);
    expect([code, stderr]).toEqual([
      1,
      'error: 1 image cannot be read, and other holds only the others; --skip-missing takes that for success',
    ]);
    expect(stdout).toContain('photos/cut.jpg: cannot be read as an image');
    const reported = JSON.parse(await readFile(path('unreadable.jsonl'), 'utf8'));
    expect(reported).toEqual({
      id: 'cut.jpg',
      path: 'photos/cut.jpg',
      error: expect.stringContaining('photos/cut.jpg'),
    });
    expect(await succeed('index', 'photos', '--into', 'other', '--no-autotune', '--skip-missing')).toMatch(
      /12 of 13 images stored already[\s\S]*Left out: 1 image\./,
    );
    await rm(path('photos/cut.jpg'));
    await index('--report', 'unreadable.jsonl');
    expect(await readFile(path('unreadable.jsonl'), 'utf8')).toBe('');
    const nowhere = await webcir('index', 'photos', '--into', 'other', '--report', 'photos');
    expect(nowhere.stderr).toContain('photos is a folder: name a file');
  });

  it('counts images whose files are gone, and takes them out when it is told to, never all of them', async () => {
    await cp(path('store'), path('kept'), { recursive: true });
    const again = (from: string, ...args: string[]) =>
      webcir('index', from, '--into', 'kept', '--no-autotune', ...args);
    expect((await again('photos')).stdout).toContain(
      '1 image of kept not in photos: kept; --remove-missing takes them',
    );
    const { stdout } = await again('photos', '--remove-missing');
    expect(stdout).toMatch(/1 image taken out of kept, not in photos\n[\s\S]*12 in kept/);
    expect((await again('photos', '--remove-missing')).stdout).not.toContain('not in photos');
    // Ids are paths below the folder: those of another one are others.
    const other = await again('photos/below', '--remove-missing');
    expect(other.stderr).toContain(
      'none of the images of kept is in photos/below, and --remove-missing would take all',
    );
    expect(await succeed('store', 'info', 'kept')).toMatch(/^12 images/);
  });

  it('makes parts that are joined, once all are whole', async () => {
    const shard = (part: string, ...args: string[]) =>
      succeed('index', 'photos', '--into', 'parted', '--no-autotune', '--shard', part, ...args);
    const joinParts = (...args: string[]) => succeed('store', 'join', 'parted', ...args);
    await shard('1/2');
    const early = await webcir('store', 'join', 'parted');
    expect(early.stderr).toContain('parts are missing or not finished: 2/2');
    await shard('2/2');
    expect(await shard('2/2')).toContain('\n0 images encoded');
    expect(existsSync(path('parted/parts/1-of-2/manifest.json'))).toBe(true);
    for (const time of ['first', 'second']) expect(await joinParts(), time).toContain('2 parts, 12 images in parted');
    expect(await succeed('store', 'compact', 'parted')).toContain('12 images in parted');
    const search = (store: string) => succeed('search', store, '--text', 'is darker', '--exclude', 'new.png');
    expect(await search('parted')).toBe(await search('store'));

    const file = path('photos/below/5.png');
    await rename(file, path('5.png'));
    for (const part of ['1/2', '2/2']) await shard(part, '--remove-missing');
    expect(await joinParts()).toContain('1 image of parted not in the parts: kept; --remove-missing takes them out');
    expect(await joinParts('--remove-missing')).toMatch(
      /1 image taken out of parted[\s\S]*2 parts, 11 images in parted/,
    );
    await rename(path('5.png'), file);
  });

  it('refuses parts of another model, and a part that another process makes', async () => {
    const shard = (...args: string[]) => webcir('index', 'photos', '--into', 'parted', '--no-autotune', ...args);
    const refused = await shard('--shard', '2/2', '--transform', 'squarepad');
    expect(refused.stderr).toContain('parted/parts/2-of-2: the store holds features of another CLIP or preprocessing');
    const manifest = path('parted/parts/2-of-2/manifest.json');
    const before = await readFile(manifest, 'utf8');
    await writeFile(manifest, before.replace(/"fingerprint":\s*"[^"]{8}/, '"fingerprint":"00000000'));
    const joined = await webcir('store', 'join', 'parted');
    expect(joined.stderr).toContain('parted/parts/2-of-2: the store holds features of another CLIP or preprocessing');
    await writeFile(manifest, before);
    const unlock = lock(path('parted/parts/1-of-2.lock'), () => new Error());
    const busy = await shard('--shard', '1/2');
    expect(busy.stderr).toContain(`part 1/2 of parted is being made by process ${process.pid}: wait for it`);
    unlock();
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
