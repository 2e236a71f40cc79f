// Drives `webcir index`, `webcir search` and `webcir store`, as built, on stores in databases and in several places.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../scripts/lib/postgres.mjs';
import { blocksOf } from './docs-blocks.ts';
import { writePhotos } from './photos.ts';
import { cli, runIn } from './run-cli.ts';

let folder: string;
let servers: PostgresServer[];
/** With a password, which servers that trust everybody do not look at. */
const place = (server: number, query = '') => `${servers[server].url.replace('postgres@', 'postgres:secret@')}${query}`;

const webcir = async (...args: string[]) => {
  const result = await runIn(folder, cli, ...args);
  expect(`${result.stdout}${result.stderr}`).not.toContain('secret');
  return result;
};
const succeed = async (...args: string[]) => {
  const { code, stdout, stderr } = await webcir(...args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};
const index = (into: string, ...args: string[]) =>
  succeed('index', 'photos', '--into', into, '--no-autotune', '--skip-missing', ...args);
const search = (from: string) => succeed('search', from, '--text', 'a dress', '--json', '--no-autotune', '-k', '5');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-places-'));
  servers = await startPostgres(2);
  await writePhotos(join(folder, 'photos'), 10, (i) => `${i}.png`);
  await index('store');
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

it('indexes into a database, part by part, and finds there what it finds in a folder', async () => {
  expect(await index(place(0), '--shard', '1/2')).toMatch(/^(\d) images encoded, \1 in postgres:\/\/postgres@/m);
  await index(place(0), '--shard', '2/2');
  expect(await index(place(0))).toMatch(/10 .*stored already/);
  expect(await search(place(0))).toBe(await search('store'));
  expect(await succeed('store', 'info', place(0))).toMatch(/^10 images, \d+ values each in F16, of the model \w+\n$/);
});

it('refuses to keep features otherwise than a place does', async () => {
  for (const [into, message] of [
    ['store', 'store: is there already, and keeps features in F16, not in I8'],
    [place(0), 'a database keeps features in F16: --storage I8 is for stores in folders'],
    [`other,${place(0)}`, 'a database keeps features in F16: --storage I8 is for stores in folders'],
  ]) {
    const { code, stderr } = await webcir('index', 'photos', '--into', into, '--storage', 'I8', '--no-autotune');
    expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
  }
  await index('bytes', '--storage', 'I8');
  expect(await succeed('store', 'info', 'bytes')).toContain('values each in I8');
  await index('bytes'); // as it is
});

it('takes a store in and out of places of all kinds', async () => {
  await succeed('store', 'export', 'store', 'exported');
  const shards = `${place(0, '?table=half')},${place(1, '?table=half')},more,pglite:embedded`;
  expect(await succeed('store', 'import', shards, 'exported')).toMatch(
    /10 rows, 10 images in postgres:.*,more,pglite:/,
  );
  expect(await succeed('store', 'import', shards, 'exported')).toMatch(/10 rows, 10 of them stored already, 10 images/);
  expect(await search(shards)).toBe(await search('store'));
  const order = await webcir(
    'store',
    'info',
    `${place(1, '?table=half')},${place(0, '?table=half')},more,pglite:embedded`,
  );
  expect(order.stderr).toMatch(/which belongs to shard \d: name the shards in the order/);
});

it('does what docs/scale.md shows', async () => {
  const blocks = (await blocksOf('scale.md')).filter(
    ({ language, code }) => language === 'js' && /Postgres/.test(code),
  );
  expect(blocks.length).toBe(2);
  await mkdir(join(folder, 'node_modules'));
  await symlink(fileURLToPath(new URL('..', import.meta.url)), join(folder, 'node_modules/webcir'));
  // The other database that a new server has: the first one is full of other tests' stores.
  const urls = servers.map(({ url }) => url.replace(/postgres$/, 'template1'));
  for (const { code } of blocks) {
    await writeFile(join(folder, 'block.mjs'), code);
    const env = { ...process.env, DATABASE: urls[0], DATABASES: urls.join() };
    const { stdout } = await promisify(execFile)(process.execPath, ['block.mjs'], { cwd: folder, env });
    expect(stdout).toBe([...code.matchAll(/\/\/ → (.*)$/gm)].map(([, shown]) => `${shown}\n`).join(''));
  }
});

it('says what a place is not for, and what is not there, without its password', async () => {
  expect((await webcir('store', 'join', place(0))).stderr).toMatch(/there are no parts to be joined/);
  expect((await webcir('store', 'compact', place(0))).stderr).toMatch(/PostgreSQL frees by itself/);
  expect((await webcir('store', 'info', place(0, '?table=none'))).stderr).toMatch(/there is no store 'none'/);
  const other = await webcir('index', 'photos', '--into', place(0), '--transform', 'squarepad', '--no-autotune');
  expect(other.stderr).toMatch(/postgres:\/\/postgres@.*: the store holds features of another CLIP/);
  await servers[1].kill();
  expect((await webcir('store', 'info', place(1))).stderr).toMatch(/postgres@127.0.0.1:\d+\/postgres: .*ECONNREFUSED/);
  await servers[1].start();
});
