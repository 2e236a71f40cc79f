// Drives the real `webcir data check`, as built, on embedded images written out in the layouts of published sets.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedFromPackage, openFashionIq, writeCirco, writeCirr, writeFashionIq } from '@webcir/data/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, runIn } from './run-cli.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-data-check-'));
  const set = await openEmbeddedFromPackage();
  await writeFashionIq(set, join(folder, 'fashioniq'), { maxTriplets: 3 });
  await writeCirr(set, join(folder, 'cirr'), { maxTriplets: 2 });
  await writeCirco(set, join(folder, 'circo'), { maxTriplets: 1 });
  const own = join(folder, 'folder');
  await cp(join(folder, 'fashioniq', 'images'), join(own, 'images'), { recursive: true });
  const [{ reference, target }] = set.triplets('val', 'dress');
  await writeFile(join(own, 'triplets.csv'), `reference,target,caption\n${reference},${target}.jpg,is darker\n`);
});
afterAll(() => rm(folder, { recursive: true }));

const check = (...args: string[]) => runIn(folder, cli, 'data', 'check', ...args);

/** The cells of the line of a split. */
const cells = (stdout: string, split: string) =>
  new RegExp(`^${split} .*$`, 'm').exec(stdout)?.[0].split(/ +/).slice(1);

describe('webcir data check', () => {
  it('finds nothing wrong with the embedded set', async () => {
    const { code, stdout, stderr } = await check();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('fmnist-cir: 0 problems');
    expect(stdout).toMatch(/^split +images +triplets +missing +empty +damaged +duplicate$/m);
    expect(cells(stdout, 'train')).toEqual(['15,000', expect.stringMatching(/^1\d,\d{3}$/), '0', '0', '0', '0']);
    expect(cells(stdout, 'val')?.[0]).toBe('3,000');
    expect(stdout).not.toContain('Note');
  });

  it('opens every emoji', async () => {
    const { code, stdout, stderr } = await check('--dataset', 'emoji-cir');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('emoji-cir: 0 problems');
    expect(cells(stdout, 'train')).toEqual(['940', '5,146', '0', '0', '0', '0']);
  });

  it.each([
    ['cirr', 'test1', 'Note: cirr, test1, all: '],
    ['circo', 'test', 'Note: circo, test, all: '],
    ['folder', 'all', ''],
  ])('opens %s, and notes counts that were not published', async (name, split, note) => {
    const { code, stdout, stderr } = await check('--dataset', name, '--data', name);
    expect([code, stderr]).toEqual([0, '']);
    expect(cells(stdout, split)?.slice(2)).toEqual(['0', '0', '0', '0']);
    if (note) expect(stdout).toContain(note);
    else expect(stdout).not.toContain('Note');
  });

  it('says which files it takes for no image', async () => {
    await writeFile(join(folder, 'folder', 'images', '.DS_Store'), '');
    await writeFile(join(folder, 'folder', 'images', 'Thumbs.db'), '');
    const { code, stdout } = await check('--dataset', 'folder', '--data', 'folder');
    expect(code).toBe(0);
    expect(stdout).toContain(`Note: taken for no image in ${join('folder', 'images')}: 1 .db, 1 hidden.`);
  });

  it('counts and lists what is wrong with the images, and exits with 1', async () => {
    const image = (name: string) => join(folder, 'fashioniq', 'images', name);
    const ids = (await openFashionIq(join(folder, 'fashioniq'))).gallery('val');
    await rm(image(`${ids[0]}.jpg`));
    for (const id of ids.slice(1, 3)) await writeFile(image(`${id}.jpg`), '');
    for (const id of ids.slice(3, 6)) await writeFile(image(`${id}.jpg`), '<html>404</html>');
    await writeFile(image(`${ids[6]}.png`), 'another');

    const short = await check('--dataset', 'fashioniq', '--data', 'fashioniq');
    expect([short.code, short.stderr]).toEqual([1, '']);
    expect(short.stdout).toContain('fashioniq: 7 problems');
    expect(cells(short.stdout, 'train')?.slice(2)).toEqual(['0', '0', '0', '0']);
    expect(cells(short.stdout, 'val')).toEqual([String(ids.length), '9', '1', '2', '3', '1']);
    expect(short.stdout).toContain(`val: ${join('fashioniq', 'images')} holds no image "${ids[0]}"`);
    expect(short.stdout.match(/^val: /gm)).toHaveLength(5);
    expect(short.stdout).toContain('and 2 more; --list FILE.jsonl writes all of them');
    expect(short.stdout).toMatch(
      /Note: fashioniq, val, dress: .* where 3,817 images and 2,017 triplets were published/,
    );

    const { code, stdout } = await check('--dataset', 'fashioniq', '--data', 'fashioniq', '--list', 'problems.jsonl');
    expect(code).toBe(1);
    expect(stdout).toContain('and 2 more\nAll problems are in problems.jsonl');
    const lines = (await readFile(join(folder, 'problems.jsonl'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      ['missing', 'empty', 'empty', 'damaged', 'damaged', 'damaged', 'duplicate'].map((kind, i) => ({
        split: 'val',
        id: ids[i],
        kind,
        message: expect.stringContaining(ids[i]),
      })),
    );
  });

  it('names damaged annotations, unknown sets and missing folders', async () => {
    await writeFile(join(folder, 'circo', 'annotations', 'val.json'), '[{');
    const failures: [args: string[], message: RegExp][] = [
      [['--dataset', 'circo', '--data', 'circo'], /annotations\/val\.json is not valid JSON/],
      [['--dataset', 'cirr', '--data', 'nowhere'], /nowhere does not exist; expected the folder of CIRR/],
      [['--data', 'cirr'], /add --dataset fashioniq, cirr, circo or folder/],
      [['--dataset', 'lasco'], /expected one of fmnist-cir, emoji-cir, fashioniq, cirr, circo, folder/],
    ];
    for (const [args, message] of failures) {
      const { code, stderr } = await check(...args);
      expect(code).toBe(1);
      expect(stderr).toMatch(message);
    }
  });

  it('has a help text', async () => {
    const { code, stdout } = await check('--help');
    expect(code).toBe(0);
    for (const word of ['--dataset', '--data', '--list', 'Exit code 1']) expect(stdout).toContain(word);
  });
});
