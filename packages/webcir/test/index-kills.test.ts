// Workers that index parts, and the one that joins them, are killed at any moment and started again: nothing is lost, and
// nothing is there twice.
import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writePhotos } from './photos.ts';
import { cli, environmentIn, runIn } from './run-cli.ts';
import { expectSameImages, imagesOfStore } from './stored-images.ts';

// WEBCIR_KILLS=200 is the long run.
const kills = Number(process.env.WEBCIR_KILLS ?? 4);
const photos = 30;
let folder: string;
/** Milliseconds that a worker takes which is let alone. */
let whole: number;
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-kills-'));
  await writePhotos(path('photos'), photos);
  const started = performance.now();
  const { stderr } = await runIn(folder, cli, 'index', 'photos', '--into', 'alone', '--no-autotune');
  expect(stderr).toBe('');
  whole = performance.now() - started;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a command, and kills it after a while, if it is still there. @returns whether it was killed */
function runAndKill(args: string[], milliseconds: number): Promise<boolean> {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: folder,
    env: environmentIn(folder),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
  return new Promise((resolve, reject) =>
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(false);
      else if (signal === 'SIGKILL') resolve(true);
      else reject(new Error(said));
    }),
  );
}

it(`fills a store by workers that are killed, ${kills} times`, { timeout: 60_000 + kills * 20_000 }, async () => {
  const images = await imagesOfStore(path('alone'));
  expect(images).toHaveLength(photos);
  for (let done = 0, round = 0; done < kills; round++) {
    const store = `store-${round}`;
    /** Starts a command again and again until it ends by itself. */
    const untilDone = async (args: string[], longest: number) => {
      const most = done + Math.ceil(kills / 2);
      while (await runAndKill(args, done < Math.min(kills, most) ? Math.random() * longest : 1e9)) done++;
    };
    for (const part of ['1/2', '2/2'])
      await untilDone(['index', 'photos', '--into', store, '--shard', part, '--no-autotune'], 1.2 * whole);
    await untilDone(['store', 'join', store], whole / 2);
    expect((await readdir(path(`${store}/parts`))).sort()).toEqual(['1-of-2', '2-of-2']);
    expectSameImages(await imagesOfStore(path(store)), images);
    const ids = [
      ...(await imagesOfStore(path(`${store}/parts/1-of-2`))),
      ...(await imagesOfStore(path(`${store}/parts/2-of-2`))),
    ];
    expect(ids.map(({ id }) => id).sort()).toEqual(images.map(({ id }) => id));
    await rm(path(store), { recursive: true });
  }
});
