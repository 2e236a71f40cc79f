// A gallery on four PostgreSQL servers: beside the same in SQL, and while servers are killed and links are cut.
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { uniform } from '@webcir/kernels/cases';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../scripts/lib/postgres.mjs';
import type { StoreHit, StoreModel } from '../src/index.ts';
import { type OpenPostgresOptions, openPostgres, partOf, ShardError, ShardedStore } from '../src/node.ts';
import { foreignTablesSql } from '../src/postgres.ts';
import { linkTo } from './slow-link.ts';

/** `WEBCIR_KILLS=100`: how often a server is killed. */
const kills = Number(process.env.WEBCIR_KILLS ?? 4);

const dim = 16;
const model: StoreModel = { dim, fingerprint: 'model a' };
const randomFeatures = (rows: number, seed: number) =>
  Float32Array.from(
    { length: rows * dim },
    (
      (random) => () =>
        random() - 0.5
    )(uniform(seed)),
  );
const query = randomFeatures(1, 77);

let servers: PostgresServer[];
beforeAll(async () => {
  servers = await startPostgres(4);
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

async function openShards(
  table: string,
  options: OpenPostgresOptions = {},
  urls: readonly string[] = servers.map(({ url }) => url),
): Promise<ShardedStore> {
  const open = (url: string) => openPostgres(url, { model, table, ...options });
  const stores = await Promise.all(urls.map(open));
  const shards = stores.map((store, i) => ({ name: `shard ${i + 1}`, store }));
  return ShardedStore.open(shards, { timeoutMs: options.timeoutMs });
}

const scoresOf = (hits: readonly StoreHit[]) => hits.map(({ id, score }) => [id, Math.round(score * 1e5) / 1e5]);

describe('a gallery on four servers', () => {
  it('answers as one table over all of them does in SQL', async () => {
    const store = await openShards('beside');
    const ids = Array.from({ length: 2000 }, (_, i) => `image ${i}`);
    await store.put({ ids, features: randomFeatures(2000, 1), metadata: ids.map((_, i) => ({ n: i })) });
    const client = new pg.Client({ connectionString: servers[0].url });
    await client.connect();
    try {
      await client.query(
        foreignTablesSql(
          servers.map(({ url }) => url),
          { table: 'beside', dim },
        ),
      );
      const best = (asked: Float32Array, where = 'TRUE') => ({
        text:
          'SELECT id, 1 - (feature <=> $1) AS score, metadata FROM gallery ' +
          `WHERE ${where} ORDER BY feature <=> $1 LIMIT 10`,
        values: [`[${asked.join(',')}]`],
      });
      for (let seed = 10; seed < 15; seed++) {
        const asked = randomFeatures(1, seed);
        const { rows } = await client.query(best(asked));
        const [hits] = await store.search(asked);
        expect(hits.map(({ id, metadata }) => [id, metadata])).toEqual(rows.map(({ id, metadata }) => [id, metadata]));
        for (const [i, { score }] of hits.entries()) expect(Math.abs(score - rows[i].score)).toBeLessThan(1e-3);
        const { rows: some } = await client.query(best(asked, "(metadata ->> 'n')::int < 700"));
        const [few] = await store.search(asked, { filter: { n: { lt: 700 } } });
        expect(few.map(({ id }) => id)).toEqual(some.map(({ id }) => id));
      }
      const { text, values } = best(query);
      const plan = await client.query(`EXPLAIN VERBOSE ${text}`, values);
      const lines = plan.rows.map((row) => row['QUERY PLAN']).join('\n');
      expect(lines).toContain('Merge Append');
      expect(lines.match(/Remote SQL: .* ORDER BY/g)?.length).toBe(4);
    } finally {
      await client.end();
      await store.close();
    }
  });

  it('names the shard whose server is killed during searches, and answers again when it is back', async () => {
    const store = await openShards('searched');
    const ids = Array.from({ length: 400 }, (_, i) => `image ${i}`);
    await store.put({ ids, features: randomFeatures(400, 2) });
    const [whole] = await store.search(query, { k: 400 });
    const random = uniform(8);
    for (let kill = 0; kill < kills; kill++) {
      const victim = kill % 4;
      let answers = 0;
      let failures = 0;
      let isOver = false;
      const searching = Array.from({ length: 3 }, async () => {
        while (!isOver) {
          try {
            const [hits] = await store.search(query, { k: 400 });
            expect(scoresOf(hits)).toEqual(scoresOf(whole)); // never without one of them
            answers++;
          } catch (error) {
            expect((error as Error).message).toContain(`shard ${victim + 1} (`);
            expect((error as ShardError).failures.length).toBe(1);
            failures++;
          }
        }
      });
      try {
        await sleep(20 + 100 * random());
        await servers[victim].kill();
        await expect(store.search(query)).rejects.toThrow(ShardError);
        const { hits, missing } = await store.searchPartial(query, { k: 400 });
        expect(missing.map(({ name }) => name)).toEqual([`shard ${victim + 1}`]);
        expect(scoresOf(hits[0])).toEqual(scoresOf(whole.filter(({ id }) => partOf(id, 4) !== victim)));
        await servers[victim].start();
        const before = answers;
        await expect.poll(() => answers - before, { timeout: 10_000 }).toBeGreaterThan(3);
      } finally {
        isOver = true;
      }
      await Promise.all(searching);
      expect(failures).toBeGreaterThan(0);
    }
    await store.close();
  });

  it('loses and duplicates nothing that was acknowledged when servers are killed during writes', async () => {
    const store = await openShards('written');
    const random = uniform(9);
    const acknowledged = new Map<string, number>();
    let next = 0;
    let failures = 0;
    /** Writes on, the same again until it is acknowledged, as a worker would that is started again. */
    const write = async (isOver: () => boolean) => {
      while (!isOver()) {
        const round = next++;
        const ids = Array.from({ length: 40 }, (_, i) => `image ${(round * 25 + i) % 500}`);
        for (;;) {
          try {
            await store.put({ ids, features: randomFeatures(40, round), metadata: ids.map(() => ({ round })) });
            for (const id of ids) acknowledged.set(id, round);
            break;
          } catch (error) {
            expect(error).toBeInstanceOf(ShardError);
            failures++;
            await sleep(10);
          }
        }
      }
    };
    for (let kill = 0; kill < kills; kill++) {
      let isOver = false;
      const writing = write(() => isOver);
      await sleep(20 + 100 * random());
      await servers[kill % 4].kill();
      await sleep(30);
      await servers[kill % 4].start();
      isOver = true;
      await writing;
      const found = await store.get([...acknowledged.keys()]);
      expect(found.map((image) => [image?.id, image?.metadata.round])).toEqual([...acknowledged]);
    }
    expect(failures).toBeGreaterThan(0);
    expect(await store.count()).toBe(acknowledged.size);
    const all: string[] = [];
    for await (const { ids } of store.items()) all.push(...ids);
    expect(all.sort()).toEqual([...acknowledged.keys()].sort());
    await store.close();
  });

  it('waits no longer than it was told for a shard that nothing is heard of', async () => {
    const link = await linkTo(servers[2].port);
    const urls = servers.map(({ url }) => url);
    urls[2] = urls[2].replace(/:\d+\//, `:${link.port}/`);
    const store = await openShards('behind', { timeoutMs: 250 }, urls);
    const ids = Array.from({ length: 100 }, (_, i) => `image ${i}`);
    await store.put({ ids, features: randomFeatures(100, 3) });
    await expectCut(store, link);
    await store.close();
    await link.close();
  });

  it('does so where the link between two hosts is cut', async (context) => {
    const hosts = await twoHosts().catch((error: Error) => {
      console.error(`A cut link between two hosts: NOT RUN, there are no network namespaces (${error.message.trim()})`);
      context.skip('no network namespaces');
      throw error;
    });
    const [far] = await startPostgres(1, { host: hosts.address, namespace: hosts.name });
    try {
      const urls = [servers[0].url, far.url];
      const store = await openShards('far', { timeoutMs: 250 }, urls);
      const ids = Array.from({ length: 100 }, (_, i) => `image ${i}`);
      await store.put({ ids, features: randomFeatures(100, 3) });
      await expectCut(store, hosts);
      await store.close();
    } finally {
      await far.stop();
      await hosts.remove();
    }
  });
});

/** A store of 100 images behind a link that is cut, and mended again. */
async function expectCut(store: ShardedStore, link: { cut(): unknown; mend(): unknown }): Promise<void> {
  const [whole] = await store.search(query, { k: 100 });
  expect(whole.length).toBe(100);
  await link.cut();
  const started = performance.now();
  for (let i = 0; i < 5; i++) {
    // More often than there are connections: those that hang are given up.
    await expect(store.search(query)).rejects.toThrow(ShardError);
    await expect(store.put({ ids: ['image 1', 'image 2'], features: randomFeatures(2, 4) })).rejects.toThrow(
      ShardError,
    );
  }
  expect(performance.now() - started).toBeLessThan(10 * 250 + 3000);
  const { hits, missing } = await store.searchPartial(query, { k: 100 });
  expect(missing.length).toBe(1);
  expect(missing[0].error.message).toMatch(/no answer within 250 ms|timeout/);
  expect(hits[0].length).toBeLessThan(90);
  await link.mend();
  await expect.poll(() => store.search(query, { k: 100 }).catch(() => undefined), { timeout: 10_000 }).toBeDefined();
  await store.put({ ids: ['image 1', 'image 2'], features: randomFeatures(2, 4) });
  expect(await store.count()).toBe(100);
}

/** Another host, as far as the network is concerned, with a link to this one. Linux, as root, with the right to do so. */
async function twoHosts() {
  const name = `webcir${process.pid}`;
  const net = 1 + (process.pid % 250);
  const ip = (...args: string[]) => promisify(execFile)('ip', args);
  const inside = (...args: string[]) => ip('netns', 'exec', name, 'ip', ...args);
  const remove = () => ip('netns', 'del', name);
  await ip('netns', 'add', name);
  try {
    await ip('link', 'add', `w${net}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    await ip('addr', 'add', `10.213.${net}.1/30`, 'dev', `w${net}`);
    await ip('link', 'set', `w${net}`, 'up');
    await inside('addr', 'add', `10.213.${net}.2/30`, 'dev', 'eth0');
    await inside('link', 'set', 'eth0', 'up');
    await inside('link', 'set', 'lo', 'up');
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    name,
    address: `10.213.${net}.2`,
    cut: () => inside('link', 'set', 'eth0', 'down'),
    mend: () => inside('link', 'set', 'eth0', 'up'),
    remove,
  };
}
