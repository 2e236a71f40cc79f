import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normalizePixels, preprocess } from '../src/index.ts';
import { openImagePool } from '../src/node/image-pool.ts';
import { createImagePool, type DecodeLimits, decodeImage } from '../src/node.ts';

const images = fileURLToPath(new URL('./fixtures/images/', import.meta.url));
const options = { transform: 'targetpad', size: 24, targetRatio: 1.25 } as const;

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'webcir-pool-'));
});
afterAll(() => rm(scratch, { recursive: true }));

async function fixtures(): Promise<string[]> {
  return (await readdir(images)).filter((name) => /\.(jpe?g|png|webp)$/.test(name)).map((name) => join(images, name));
}

async function script(name: string, text: string): Promise<URL> {
  const path = join(scratch, name);
  await writeFile(path, text);
  return pathToFileURL(path);
}

const outcome = (planes: Promise<Float32Array>) => planes.then(Array.from, (error: Error) => error.message);

describe('the image pool', () => {
  it('gives the numbers of this thread, bit for bit, for more images than it takes at once', async () => {
    const files = await fixtures();
    expect(files.length).toBeGreaterThan(3);
    for (const transform of ['clip', 'squarepad', 'targetpad'] as const) {
      const pool = createImagePool({ ...options, transform, workers: 2 });
      const asked = [...files, ...files, ...files];
      const planes = await Promise.all(asked.map((file) => pool.planes(file)));
      for (const [i, file] of asked.entries()) {
        const expected = normalizePixels(preprocess(await decodeImage(file), { ...options, transform }));
        expect(planes[i], `${file}, ${transform}`).toEqual(expected);
      }
      await pool.close();
    }
  });

  it('resizes files in memory to images in which the encoder sees the same, bit for bit', async () => {
    for (const transform of ['clip', 'squarepad', 'targetpad'] as const) {
      const pool = createImagePool({ ...options, transform, workers: 2 });
      for (const file of await fixtures()) {
        const resized = await pool.resized(await readFile(file), 'it');
        expect([resized.width, resized.height, resized.channels]).toEqual([24, 24, 3]);
        const expected = preprocess(await decodeImage(file), { ...options, transform });
        expect(preprocess(resized, { ...options, transform }), `${file}, ${transform}`).toEqual(expected);
      }
      await pool.close();
    }
  });

  it('decodes nothing that is too large or of another format than it takes', async () => {
    const [first] = await fixtures();
    const { width, height } = await decodeImage(first);
    const [format, other] = /\.png$/.test(first) ? ['png', 'jpeg'] : ['jpeg', 'png'];
    const outcomeWith = async (limits: DecodeLimits) => {
      const pool = createImagePool({ ...options, ...limits, workers: 1 });
      const found = await pool.resized(await readFile(first), 'sent').then(
        () => 'decoded',
        (error: Error) => error.message,
      );
      await pool.close();
      return found;
    };
    expect(await outcomeWith({ maxPixels: width * height, formats: [format] })).toBe('decoded');
    expect(await outcomeWith({ maxPixels: width * height - 1 })).toContain(
      `sent: cannot be read as an image: it has ${width} x ${height} pixels, more than the ${width * height - 1}`,
    );
    expect(await outcomeWith({ formats: [other] })).toContain(`sent: cannot be read as an image: it is ${format}`);
  });

  it('rejects an image that cannot be decoded, naming it as this thread does, and goes on', async () => {
    const [good] = await fixtures();
    const page = join(scratch, 'page.jpg');
    await writeFile(page, '<html>404</html>');
    const pool = createImagePool({ ...options, workers: 1 });
    const missing = join(scratch, 'missing.jpg');
    const [first, second, third] = await Promise.all([page, good, missing].map((file) => outcome(pool.planes(file))));
    expect(first).toBe(await decodeImage(page).catch((error) => error.message));
    expect(second).toHaveLength(3 * 24 * 24);
    expect(third).toContain(`${missing}: cannot be read as an image: ENOENT`);
    await pool.close();

    const wrong = createImagePool({ ...options, targetRatio: 0.5, workers: 1 });
    await expect(wrong.planes(good)).rejects.toThrow(`${good}: targetRatio: expected 1 or more, found 0.5`);
    await wrong.close();
  });

  it('rejects what a thread had when it broke down, and decodes the rest in a new one', async () => {
    const worker = await script(
      'breaks.mjs',
      `import { parentPort } from 'node:worker_threads';
       parentPort.on('message', ({ id, file }) => {
         if (file === 'throws') throw new Error('out of order');
         if (file === 'exits') process.exit(3);
         parentPort.postMessage({ id, made: new Float32Array([file.length]) });
       });`,
    );
    for (const [bad, reason] of [
      ['throws', 'out of order'],
      ['exits', 'its thread ended'],
    ]) {
      const pool = openImagePool(worker, { ...options, workers: 1 });
      const asked = ['a', bad, ...'bcdefg'];
      const results = await Promise.all(asked.map((file) => outcome(pool.planes(file))));
      expect(results[1]).toBe(`${bad}: not decoded: ${reason}`);
      const lost = results.flatMap((result, i) => (typeof result === 'string' ? [[asked[i], result]] : []));
      expect(lost).toEqual(lost.map(([file]) => [file, `${file}: not decoded: ${reason}`]));
      expect(results.slice(-3)).toEqual([[1], [1], [1]]);
      await pool.close();
    }
  });

  it('rejects everything when its threads cannot start', async () => {
    const pool = openImagePool(new URL('nowhere.mjs', pathToFileURL(`${scratch}/`)), { ...options, workers: 2 });
    const results = await Promise.all([...'abcdefghij'].map((file) => outcome(pool.planes(file))));
    for (const [i, result] of results.entries())
      expect(result).toMatch(new RegExp(`^${'abcdefghij'[i]}: .*nowhere.mjs`));
    await pool.close();
  });

  it('rejects what is not done when it is closed, and whatever is asked for afterwards', async () => {
    const silent = await script(
      'silent.mjs',
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => {});",
    );
    const pool = openImagePool(silent, { ...options, workers: 1 });
    const asked = [...'abcde'].map((file) => outcome(pool.planes(file)));
    await pool.close();
    const reason = 'not decoded: the image pool was closed';
    expect(await Promise.all(asked)).toEqual([...'abcde'].map((file) => `${file}: ${reason}`));
    await expect(pool.planes('f')).rejects.toThrow(`f: ${reason}`);
    await pool.close();
  });

  it('holds a process until its images are done, and no longer', async () => {
    const [file] = await fixtures();
    const node = new URL('../dist/node.js', import.meta.url).href;
    const path = join(scratch, 'ends.mjs');
    for (const close of ['', '.finally(pool.close)']) {
      await writeFile(
        path,
        `import { createImagePool } from ${JSON.stringify(node)};
         const pool = createImagePool(${JSON.stringify({ ...options, workers: 2 })});
         const file = ${JSON.stringify(file)};
         Promise.all([file, file, file].map(pool.planes)).then((all) => console.log(all.length, 'done'))${close};`,
      );
      const { stdout } = await promisify(execFile)(process.execPath, [path], { timeout: 20_000 });
      expect(stdout).toBe('3 done\n');
    }
  });
});
