// A store in PGlite's folder: one process has it, and one that is killed loses nothing that was acknowledged.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPglite } from '../src/node.ts';

/** `WEBCIR_KILLS=20`: how often a writer is killed, which takes about ten seconds each. */
const kills = Number(process.env.WEBCIR_KILLS ?? 1);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-pglite-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('holds what was acknowledged when its process is killed, and is open in one at a time', async () => {
  const path = join(folder, 'gallery');
  const writer = fileURLToPath(new URL('pglite-writer.mjs', import.meta.url));
  let acknowledged = 0;
  for (let kill = 0; kill < kills; kill++) {
    const child = spawn(process.execPath, [writer, path, `${acknowledged}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    child.stdout.on('data', (chunk) => {
      told += chunk;
    });
    const enough = acknowledged + 20 + Math.floor(60 * Math.random());
    while (!told.includes(`\n${enough}\n`)) await once(child.stdout, 'data');
    await expect(openPglite(path)).rejects.toThrow(`is open in process ${child.pid}`);
    child.kill('SIGKILL');
    await once(child, 'close');
    acknowledged = Number(/(\d+)\n[^\n]*$/.exec(told)![1]);

    const store = await openPglite(path);
    const ids = Array.from({ length: acknowledged }, (_, n) => `image ${n}`);
    const found = await store.get(ids);
    expect(found.map((image) => image?.metadata.n)).toEqual(ids.map((_, n) => n));
    const [last] = await store.get(['last']);
    // The write that was under way is there wholly or not at all.
    expect([acknowledged - 1, acknowledged]).toContain(last?.metadata.n);
    expect(await store.count()).toBe((last?.metadata.n as number) + 2);
    await store.close();
    expect(existsSync(`${path}.lock`)).toBe(false);
  }
});

it('makes no folder for a store that is not there', async () => {
  for (const options of [{ readOnly: true, model: { dim: 2, fingerprint: 'history' } }, {}])
    await expect(openPglite(join(folder, 'none'), options)).rejects.toThrow(/none: there is no store$/);
  expect(existsSync(join(folder, 'none'))).toBe(false);
});
