// The servers that other tests start: with pgvector, killed and started again, and gone when their process is.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startPostgres } from '../lib/postgres.mjs';
import { findPostgres } from '../lib/postgres-install.mjs';
import { root, run } from '../lib/run.mjs';

async function ask(url, sql) {
  const { code, output } = await run(join(findPostgres(), 'psql'), [url, '-Atqc', sql]);
  return code === 0 ? output.trim() : Promise.reject(new Error(output));
}

it('starts servers with pgvector that keep what they have when they are killed', async () => {
  const servers = await startPostgres(2);
  try {
    const [one, other] = servers;
    expect(one.port).not.toBe(other.port);
    await ask(one.url, "CREATE EXTENSION vector; CREATE TABLE kept AS SELECT '[3,4]'::halfvec(2) AS v");
    expect(await ask(one.url, "SELECT v <-> '[0,0]' FROM kept")).toBe('5');
    await expect(ask(other.url, 'SELECT * FROM kept')).rejects.toThrow('"kept" does not exist');
    const { port } = one;
    await one.kill();
    await expect(ask(one.url, 'SELECT 1')).rejects.toThrow(/refused/);
    expect(await ask(other.url, 'SELECT 1')).toBe('1');
    await one.start();
    expect([one.port, await ask(one.url, 'SELECT count(*) FROM kept')]).toEqual([port, '1']);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  const isLeft = ({ port }) =>
    readdirSync(tmpdir()).some((name) => existsSync(join(tmpdir(), name, `.s.PGSQL.${port}`)));
  expect(servers.some(isLeft)).toBe(false);
});

it.runIf(process.platform === 'linux')('leaves no server behind where its process is killed', async () => {
  const script =
    "import { startPostgres } from './scripts/lib/postgres.mjs';" +
    'const [{ port }] = await startPostgres(); console.log(port); setInterval(() => {}, 1000);';
  const folder = mkdtempSync(join(tmpdir(), 'webcir-postgres-'));
  chmodSync(folder, 0o755); // the server has another user
  const env = { ...process.env, TMPDIR: folder };
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: root, env });
  const [line] = await once(child.stdout, 'data');
  const port = Number(line.toString());
  await expect.poll(() => answers(port)).toBe(true);
  child.kill('SIGKILL');
  await expect.poll(() => answers(port), { timeout: 10_000 }).toBe(false);
  rmSync(folder, { recursive: true, force: true });
});

/** Whether something listens at a port. */
function answers(port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
