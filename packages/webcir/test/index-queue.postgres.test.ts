// `webcir index --queue` on a real server: the same command several times at once, killed at any moment and started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { openPostgres } from '@webcir/retrieval/node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../scripts/lib/postgres.mjs';
import { writePhotos } from './photos.ts';
import { cli, environmentIn, runIn } from './run-cli.ts';
import { expectSameImages, imagesOfStore, storedImages } from './stored-images.ts';

// WEBCIR_KILLS=200 is the long run.
const kills = Number(process.env.WEBCIR_KILLS ?? 4);
let server: PostgresServer;
let folder: string;
const path = (name: string) => join(folder, name);
const words = (...more: string[]) => ['index', 'photos', '--into', server.url, '--queue', '--no-autotune', ...more];

beforeAll(async () => {
  [server] = await startPostgres(1);
  folder = await mkdtemp(join(tmpdir(), 'webcir-queue-'));
  await writePhotos(path('photos'), 40);
  await writeFile(path('photos/cut.jpg'), 'no image');
}, 600_000); // where it is installed
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts a worker. @returns it, and how it ended: by a signal, or with a code and what it said */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env: environmentIn(folder) });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const ended = new Promise<{ code: number | null; said: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, said })),
  );
  return { child, ended };
}

async function stored() {
  const store = await openPostgres(server.url, { readOnly: true });
  try {
    return await storedImages(store);
  } finally {
    await store.close();
  }
}

it('fills a store by workers that are killed, each image once, and reports for all', {
  timeout: 60_000 + kills * 20_000,
}, async () => {
  const alone = await runIn(folder, cli, 'index', 'photos', '--into', 'alone', '--no-autotune', '--skip-missing');
  expect(alone.code, alone.stderr).toBe(0);
  const wanted = await imagesOfStore(path('alone'));
  for (let done = 0; done < kills; ) {
    const victims = new Set<ChildProcess>();
    /** A worker that is started again whenever it is killed. */
    const worker = async (report: string) => {
      for (;;) {
        const { child, ended } = start(words('--chunk', '4', '--lease', '2', '--skip-missing', '--report', report));
        victims.add(child);
        const { code, said } = await ended;
        victims.delete(child);
        if (code === 0) return said;
        if (code !== null) throw new Error(said);
      }
    };
    const working = Promise.all([worker('one.jsonl'), worker('two.jsonl')]);
    let isOver = false;
    working
      .finally(() => {
        isOver = true;
      })
      .catch(() => {});
    const most = done + 40;
    while (!isOver && done < Math.min(kills, most)) {
      await wait(500 + Math.random() * 1500);
      const victim = [...victims][Math.floor(Math.random() * victims.size)];
      if (victim?.kill('SIGKILL')) done++;
    }
    for (const said of await working) expect(said).toMatch(/40 in postgres:\/\/[\s\S]*Left out: 1 image/);
    expectSameImages(await stored(), wanted);
    for (const report of ['one.jsonl', 'two.jsonl']) {
      const { id, path: file, error } = JSON.parse(await readFile(path(report), 'utf8'));
      expect([id, file, error]).toEqual([
        'cut.jpg',
        join('photos', 'cut.jpg'),
        expect.stringMatching(/cannot be read/),
      ]);
    }
    if (done < kills) {
      const store = await openPostgres(server.url);
      await store.delete(wanted.map(({ id }) => id));
      await store.close();
    }
  }
});

it('encodes only what is new, takes out what is gone, and says what it is not for', async () => {
  await writePhotos(path('photos'), 1); // as new
  await rm(path('photos/below/1.png'));
  const again = await runIn(folder, cli, ...words('--skip-missing', '--remove-missing'));
  expect(again.stdout).toMatch(/38 of 40 images stored already[\s\S]*1 image taken out[\s\S]*2 images to encode/);
  expect(again.stdout).toMatch(/\n1 image encoded by all, 39 in postgres:/);
  const strict = await runIn(folder, cli, ...words());
  expect(strict.stderr).toBe(
    `error: 1 image cannot be read, and ${server.url} holds only the others; --skip-missing takes that for success`,
  );
  const other = await runIn(folder, cli, ...words('--transform', 'squarepad'));
  expect(other.stderr).toContain('the store holds features of another CLIP or preprocessing');
  const flat = await runIn(folder, cli, 'index', 'photos', '--into', 'alone', '--queue');
  expect(flat.stderr).toContain('alone: has one writer at a time, and no queue');
  const parted = await runIn(folder, cli, ...words('--shard', '1/2'));
  expect(parted.stderr).toContain('--queue and --shard are two ways to share the work');

  // Workers that share the database by parts take out what is of their own part.
  await rm(path('photos/below/3.png'));
  const part = (from: string, which: string) =>
    runIn(folder, cli, 'index', from, '--into', server.url, '--shard', which, '--skip-missing', '--remove-missing');
  const taken = await Promise.all(['1/2', '2/2'].map((which) => part('photos', which)));
  expect(taken.map(({ stdout }) => stdout).join('')).toMatch(/^1 image taken out of postgres:/m);
  expect((await stored()).map(({ id }) => id)).toEqual(
    (await imagesOfStore(path('alone'))).map(({ id }) => id).filter((id) => !/below\/[13]\.png/.test(id)),
  );
  expect((await part('photos/below', '1/2')).stderr).toContain('none of the images of postgres:');
});
