// Drives `webcir encode`, as built, on a folder as people keep it.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openWeights } from '@webcir/clip/node';
import { openEmbeddedFromPackage } from '@webcir/data/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cli, runIn } from './run-cli.ts';

let folder: string;
const webcir = (...args: string[]) => runIn(folder, cli, ...args);
const path = (name: string) => join(folder, name);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('webcir encode', () => {
  const names = ['a.jfif', 'b.JPE', 'c.gif', 'd.avif', 'e.tif', 'new\nline.jpg', 'below/and below/f.webp'];
  const cut = 'cut.jpg';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'webcir-encode-'));
    const embedded = await openEmbeddedFromPackage();
    const [id] = embedded.gallery('val', 'dress');
    const { width, height, data } = await embedded.image(id);
    const photo = sharp(data, { raw: { width, height, channels: 3 } });
    await mkdir(path('kept/below/and below'), { recursive: true });
    for (const name of names) {
      const format = { gif: 'gif', avif: 'avif', tif: 'tiff', webp: 'webp' }[name.split('.')[1]] ?? 'jpeg';
      await writeFile(path(`kept/${name}`), await photo.toFormat(format as 'jpeg').toBuffer());
    }
    for (const name of ['._a.jpg', '.DS_Store', 'Thumbs.db', 'below/b.txt']) await writeFile(path(`kept/${name}`), 'x');
    await writeFile(path(`kept/${cut}`), (await readFile(path('kept/a.jfif'))).subarray(0, 500));
  });
  const encode = (...args: string[]) => webcir('encode', 'kept', '--out', 'kept.safetensors', ...args);
  const imageNames = async () => JSON.parse((await openWeights(path('kept.safetensors'))).metadata.get('image_names')!);
  const readable = names.map((name) => `kept/${name}`).sort();

  it('reads what can be read, names what cannot, and says what it took for no image', async () => {
    const { code, stdout, stderr } = await encode('--skip-missing');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('kept: taken for no image: 1 .db, 1 .txt, 2 hidden\n');
    expect(stdout).toContain('7 images and 0 texts');
    // What follows are libvips' words, which threads take from each other.
    expect(stdout).toContain(`kept/${cut}: cannot be read as an image: `);
    expect(stdout).toContain('Left out: 1 image.');
    expect(await imageNames()).toEqual(readable);
  });

  it('keeps the features of the others without --skip-missing, too, but does not call that success', async () => {
    await rm(path('kept.safetensors'));
    const { code, stdout, stderr } = await encode();
    expect(code).toBe(1);
    expect(stdout).toContain(`kept/${cut}: cannot be read`);
    expect(stderr).toBe(
      'error: 1 image cannot be read, and kept.safetensors holds only the others; --skip-missing takes that for success',
    );
    expect(await imageNames()).toEqual(readable);
  });

  it('shows what the driver says, but for the warnings of Dawn that are of no use', async () => {
    vi.stubEnv('VK_LOADER_DEBUG', 'layer');
    const { stderr } = await encode('--skip-missing');
    vi.unstubAllEnvs();
    expect(stderr).toContain('LAYER: ');
    expect(stderr).not.toContain('artificially reduced');
  });

  it('writes nothing where no image can be read', async () => {
    const { code, stderr } = await webcir('encode', `kept/${cut}`, '--skip-missing', '--out', 'none.safetensors');
    expect(code).toBe(1);
    expect(stderr).toContain(`none of 1 images can be read, the first: kept/${cut}: cannot be read`);
    expect(existsSync(path('none.safetensors'))).toBe(false);
  });
});
