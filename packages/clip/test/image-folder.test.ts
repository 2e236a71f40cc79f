import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IMAGE_EXTENSIONS, listImages, withoutExtension } from '../src/node.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-folder-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function files(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), '');
  }
}

describe('listImages', () => {
  it('lists the images of a folder and of those below, by name', async () => {
    const names = ['a.jpg', 'B.PNG', 'new\nline.webp', 'below/a.jpg', 'below/and below/c.jfif', '%41 ü.jpeg'];
    await files(...names);
    const { files: found, leftOut } = await listImages(folder);
    expect([...found]).toEqual(names.sort().map((name) => [name, join(folder, name)]));
    expect(leftOut).toBeUndefined();
  });

  it('takes what can be decoded by its extension', async () => {
    await files(...IMAGE_EXTENSIONS.map((extension) => `x${extension}`));
    expect((await listImages(folder)).files.size).toBe(IMAGE_EXTENSIONS.length);
  });

  it('counts what it leaves out', async () => {
    await files(
      'a.jpg',
      '._a.jpg',
      '.DS_Store',
      'Thumbs.db',
      'b.HEIC',
      'c.heic',
      'README',
      '.git/d.jpg',
      'below/e.txt',
    );
    execFileSync('mkfifo', [join(folder, 'fifo.jpg')]);
    const { files: found, leftOut } = await listImages(folder);
    expect([...found.keys()]).toEqual(['a.jpg']);
    expect(leftOut).toBe('1 .db, 2 .heic, 1 .txt, 3 hidden, 1 not a file, 1 without an extension');
  });

  it('follows links, visits no folder twice, and takes what is missing or a folder for a damaged image', async () => {
    await files('images/a.jpg', 'elsewhere.png');
    await symlink(join(folder, 'elsewhere.png'), join(folder, 'images/linked.png'));
    await symlink('..', join(folder, 'images/up'));
    await symlink('nowhere', join(folder, 'images/nowhere.jpg'));
    await mkdir(join(folder, 'images/folder.jpg'));
    expect([...(await listImages(join(folder, 'images'))).files.keys()]).toEqual([
      'a.jpg',
      'folder.jpg',
      'linked.png',
      'nowhere.jpg',
      'up/elsewhere.png',
    ]);
  });

  it('names a folder that is not there', async () => {
    await expect(listImages(join(folder, 'nowhere'))).rejects.toThrow(join(folder, 'nowhere'));
  });
});

it.each([
  ['a.jpg', 'a'],
  ['a.b.TIFF', 'a.b'],
  ['below/a.jpe', 'below/a'],
  ['two\nlines.png', 'two\nlines'],
  ['a.txt', undefined],
  ['below.jpg/a', undefined],
  ['.jpg', undefined],
])('withoutExtension of %j is %j', (name, expected) => {
  expect(withoutExtension(name)).toBe(expected);
});
