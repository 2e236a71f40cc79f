// Times a gallery on four PostgreSQL servers of this machine: all asked at once (ShardedStore), and by one table over them
// in SQL (postgres_fdw). Both exactly and by an HNSW index.
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { startPostgres } from './lib/postgres.mjs';

const USAGE = `usage: pnpm postgres-bench [options]
  --rows N      images in all, random features (20,000)
  --dim N       values each (640)
  --queries N   queries for each line (30)
  --exact       no index: it takes most of the time`;

const require = createRequire(new URL('../packages/retrieval/package.json', import.meta.url));
const { Client } = require('pg');
const { openPostgres, ShardedStore } = await import('../packages/retrieval/dist/node.js');
const { foreignTablesSql } = await import('../packages/retrieval/dist/postgres.js');

const names = {
  rows: { type: 'string' },
  dim: { type: 'string' },
  queries: { type: 'string' },
  exact: { type: 'boolean' },
};
const options = readOptions();
if (options) await main(options);
else process.exitCode = 1;

function readOptions() {
  try {
    const { rows = '20000', dim = '640', queries = '30', exact } = parseArgs({ options: names }).values;
    return { rows: Number(rows), dim: Number(dim), queries: Number(queries), exact };
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    return undefined;
  }
}

async function main({ rows, dim, queries, exact }) {
  const servers = await startPostgres(4, { settings: { shared_buffers: '512MB', maintenance_work_mem: '512MB' } });
  const urls = servers.map(({ url }) => url);
  const model = { dim, fingerprint: 'bench' };
  const open = async (hnsw) => {
    const stores = await Promise.all(urls.map((url) => openPostgres(url, { model, hnsw })));
    return ShardedStore.open(stores.map((store, i) => ({ name: urls[i], store })));
  };
  const client = new Client({ connectionString: urls[0] });
  try {
    const store = await open(false);
    await timed(`${rows} images stored`, async () => {
      for (let first = 0; first < rows; first += 8192) {
        const count = Math.min(8192, rows - first);
        const ids = Array.from({ length: count }, (_, i) => `image ${first + i}`);
        await store.put({ ids, features: features(count, dim) });
      }
    });
    await client.connect();
    await client.query(foreignTablesSql(urls, { dim }));
    const asked = Array.from({ length: queries }, () => features(1, dim));
    const inSql = (query) =>
      client.query('SELECT id, 1 - (feature <=> $1) AS score, metadata FROM gallery ORDER BY feature <=> $1 LIMIT 10', [
        `[${query.join(',')}]`,
      ]);
    const exactly = await compare('exact', asked, store, inSql);
    await store.close();
    if (exact) return;
    const byIndex = await timed('HNSW indexes made', () => open(true));
    const [{ bytes }] = await sizes(urls);
    console.log(`index: ${Math.round(bytes / (rows / 4))} bytes for each image of ${2 * dim} bytes, on disk`);
    const nearly = await compare('HNSW, ef_search 100', asked, byIndex, async (query) => inSql(query), urls);
    const found = nearly.flatMap((ids, q) => ids.filter((id) => exactly[q].includes(id)));
    console.log(`recall@10 of the index: ${((100 * found.length) / (10 * asked.length)).toFixed(1)} %`);
    await byIndex.close();
  } finally {
    await client.end().catch(() => {});
    await Promise.all(servers.map((server) => server.stop()));
  }
}

/** @returns the ids that the first way, the stores, finds for each query */
async function compare(name, asked, store, inSql, urls) {
  // A session's settings do not reach the shards.
  let found;
  for (const url of urls ?? []) await once(url, 'ALTER DATABASE postgres SET hnsw.ef_search = 100');
  for (const [way, search] of [
    ['ShardedStore', (query) => store.search(query)],
    ['postgres_fdw', inSql],
  ]) {
    await search(asked[0]);
    const [times, answers] = [[], []];
    for (const query of asked) {
      const started = performance.now();
      answers.push(await search(query));
      times.push(performance.now() - started);
    }
    found ??= answers.map(([hits]) => hits.map(({ id }) => id));
    times.sort((a, b) => a - b);
    const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))].toFixed(1);
    console.log(`${name}, ${way}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms`);
  }
  return found;
}

async function sizes(urls) {
  return once(urls[0], "SELECT pg_relation_size('webcir_images_hnsw')::float8 AS bytes");
}

async function once(url, sql) {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function timed(name, work) {
  const started = performance.now();
  const result = await work();
  console.log(`${name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

/** Around a hundred centers, since random directions are all as far from each other, and no index finds its way. */
function features(count, dim) {
  const values = new Float32Array(count * dim);
  for (let row = 0; row < count; row++) {
    const center = Math.floor(Math.random() * 100);
    for (let i = 0; i < dim; i++)
      values[row * dim + i] = Math.sin((center + 1) * (i + 1) * 12.9898) + 0.5 * (Math.random() - 0.5);
  }
  return values;
}
