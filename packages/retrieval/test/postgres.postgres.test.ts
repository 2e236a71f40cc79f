// Stores in PostgreSQL: in PGlite, on a server, on four servers, and by an index.
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { uniform } from '@webcir/kernels/cases';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../scripts/lib/postgres.mjs';
import type { Filter, Metadata, StoreModel } from '../src/index.ts';
import { openPostgres, ShardedStore } from '../src/node.ts';
import { type PostgresOptions, PostgresStore } from '../src/postgres.ts';
import { passes } from '../src/stores/filter.ts';
import { conformance } from './conformance.ts';

let servers: PostgresServer[];
beforeAll(async () => {
  servers = await startPostgres(4);
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

let count = 0;
const newTable = () => `images_${count++}`;
const open = (options: PostgresOptions, server = 0) => openPostgres(servers[server].url, options);

conformance('on a PostgreSQL server', async () => {
  const table = newTable();
  return { open: (model) => open({ model, table }), remove: async () => {} };
});

conformance(
  'on a PostgreSQL server, by an HNSW index',
  async () => {
    const table = newTable();
    return { open: (model) => open({ model, table, hnsw: true }), remove: async () => {} };
  },
  { isExact: false },
);

conformance('on four PostgreSQL servers', async () => {
  const table = newTable();
  return {
    async open(model) {
      const stores = await Promise.allSettled(servers.map((_, i) => open({ model, table }, i)));
      for (const store of stores) if (store.status === 'rejected') throw store.reason;
      const opened = stores.flatMap((store) => (store.status === 'fulfilled' ? [store.value] : []));
      return ShardedStore.open(opened.map((store, i) => ({ name: servers[i].url, store })));
    },
    remove: async () => {},
  };
});

let database: Promise<PGlite> | undefined;
const openDatabase = () => (database ??= PGlite.create({ extensions: { vector } }));
afterAll(async () => (await database)?.close());

conformance('in PGlite', async () => {
  const table = newTable();
  return { open: async (model) => PostgresStore.open(await openDatabase(), { model, table }), remove: async () => {} };
});

const small: StoreModel = { dim: 2, fingerprint: 'model a' };

describe('a filter in SQL', () => {
  const texts = [
    '',
    'a',
    'B',
    'é',
    '\uffff',
    '\ue000',
    '\ud7ff',
    '😀',
    '😀a',
    '\u{10ffff}',
    '\u{10ffff}\uffff',
    'ab',
    '1',
  ];
  const values: unknown[] = [
    ...texts,
    ...[0, -0, 1, 1.5, -2, 1e300, 5e-324, 0.1, 0.30000000000000004, 9007199254740991, 1e21],
    ...[true, false, null, {}, { a: 1 }, [], ['a'], [1, 'b', ['a']], [null], [true], [['a']], [{ a: 'a' }]],
  ];
  const metadata: Metadata[] = [
    {},
    ...values.map((a, i) => ({ a, b: i })),
    ...values.map((b) => ({ b, '': 'x', 'a"\\': b, ['__proto__']: b })),
  ];
  const random = uniform(5);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)];
  const scalars = [
    ...texts,
    0,
    1,
    1.5,
    -2,
    1e300,
    5e-324,
    0.1,
    1e21,
    true,
    false,
    Number.NaN,
    1 / 0,
    -1 / 0,
    '\0',
    'x',
  ];
  const bounds = scalars.filter((value) => typeof value !== 'boolean' && value !== '\0') as (number | string)[];
  const fields = ['a', 'b', '', 'a"\\', '__proto__', 'toString', 'none', '\0', '\ud800'];
  const operators: (() => object)[] = [
    () => ({ in: Array.from({ length: Math.floor(random() * 4) }, () => pick(scalars)) }),
    () => ({ has: pick(scalars) }),
    () => ({ lt: pick(bounds) }),
    () => ({ lte: pick(bounds), gt: pick(bounds) }),
    () => ({ gte: pick(bounds) }),
    () => ({ not: condition() }),
    () => ({}),
  ];
  const condition = (): unknown => (random() < 0.3 ? pick(scalars) : pick(operators)());
  const fieldsOf = () =>
    Object.fromEntries(Array.from({ length: Math.floor(random() * 3) }, () => [pick(fields), condition()]));
  const filter = () =>
    (random() < 0.7 ? fieldsOf() : Array.from({ length: Math.floor(random() * 3) }, fieldsOf)) as Filter;

  it.each(['server', 'PGlite'])('passes what it passes in JavaScript, on %s', async (where) => {
    const options = { model: small, table: newTable() };
    const store = where === 'server' ? await open(options) : await PostgresStore.open(await openDatabase(), options);
    const ids = metadata.map((_, i) => `${i}`);
    await store.put({ ids, metadata, features: new Float32Array(2 * ids.length).fill(1) });
    const counts = new Set<number>();
    for (let i = 0; i < 300; i++) {
      const asked = filter();
      const kept = metadata.filter((one) => passes(JSON.parse(JSON.stringify(one)), asked)).length;
      expect(await store.count(asked), JSON.stringify(asked)).toBe(kept);
      counts.add(kept);
    }
    expect(counts.size).toBeGreaterThan(8);
    await expect(store.count({ a: { lt: '\0' } })).rejects.toThrow(/field 'a': a bound in PostgreSQL has no NUL/);
    const glued = { "a' OR TRUE --": "'); DROP TABLE x; --", x$1: { in: ["'", '$2'] } };
    expect(await store.count(glued)).toBe(0);
    await store.close();
  });
});

describe('a store in PostgreSQL', () => {
  it('refuses what it has no place for, naming it, and stores nothing of it', async () => {
    const store = await open({ model: small, table: newTable() });
    const features = Float32Array.of(1, 2, 3, 4);
    const put = (id: string, metadata: Metadata = {}, values = features) =>
      store.put({ ids: ['fine', id], features: values, metadata: [{}, metadata] });
    await expect(put('a\0b')).rejects.toThrow('"a\\u0000b": an id in PostgreSQL has no NUL in it');
    await expect(put('é'.repeat(1400))).rejects.toThrow(/has 2600 bytes at most/);
    await expect(put('a', { b: ['\0'] })).rejects.toThrow(/^a: metadata in PostgreSQL has no NUL/);
    await expect(put('a', { 'b\ud800': 1 })).rejects.toThrow(/half of a surrogate pair/);
    await expect(put('a', {}, Float32Array.of(1, 2, 3, -65520))).rejects.toThrow(/^a: half precision holds no value/);
    await expect(open({ model: small, table: 'x; DROP TABLE y' })).rejects.toThrow(/table: expected a name/);
    expect(await store.count()).toBe(0);
    await put('é'.repeat(1290), {}, Float32Array.of(65504, 6e-8, -65504, 0));
    expect((await store.get(['fine']))[0]?.feature).toEqual(Float32Array.of(65504, 2 ** -24));
    expect(await store.get(['a\0b', '\ud800'])).toEqual([undefined, undefined]);
    expect(await store.delete(['a\0b', '\ud800'])).toBe(0);
    const [hits] = await store.search(Float32Array.of(1e30, 0), { exclude: ['a\0b'], candidates: ['a\0', 'fine'] });
    expect(hits.map(({ id, score }) => [id, score])).toEqual([['fine', expect.closeTo(1, 6)]]);
    await store.close();
  });

  it('is opened for reading by whoever may only read, and where it is not there it is said so', async () => {
    const table = newTable();
    await expect(open({ table, readOnly: true })).rejects.toThrow(`there is no store '${table}'`);
    await expect(open({ table, readOnly: true, model: small })).rejects.toThrow(/open it for writing first/);
    const store = await open({ model: small, table });
    await store.put({ ids: ['a'], features: Float32Array.of(1, 0) });
    const admin = new pg.Client({ connectionString: servers[0].url });
    await admin.connect();
    await admin.query('CREATE ROLE reader LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader');
    const reading = await openPostgres(servers[0].url.replace('postgres@', 'reader@'), { table, readOnly: true });
    expect([reading.model, (await reading.search(Float32Array.of(1, 0)))[0][0].id]).toEqual([small, 'a']);
    await expect(reading.put({ ids: ['b'], features: Float32Array.of(1, 0) })).rejects.toThrow(/for reading only/);
    await expect(open({ table, readOnly: true, hnsw: true })).rejects.toThrow(/has no HNSW index/);
    await admin.query(`UPDATE webcir_stores SET version = 2 WHERE name = '${table}'`);
    await expect(open({ table })).rejects.toThrow(/has tables of version 2, this webcir has 1/);
    await Promise.all([reading.close(), store.close(), admin.end()]);
  });

  it('takes the writes of several processes at once, without a deadlock', async () => {
    const table = newTable();
    const stores = await Promise.all(Array.from({ length: 4 }, () => open({ model: small, table })));
    const ids = Array.from({ length: 300 }, (_, i) => `${i % 3 ? '😀' : '\uffff'}${i}`);
    const features = new Float32Array(600).fill(1);
    const shuffled = (seed: number) => {
      const random = uniform(seed);
      return ids
        .map((id) => [random(), id] as const)
        .sort(([a], [b]) => a - b)
        .map(([, id]) => id);
    };
    const work = stores.map(async (store, writer) => {
      for (let i = 0; i < 15; i++) {
        await store.put({ ids: shuffled(writer * 100 + i), features, metadata: ids.map(() => ({ writer, i })) });
        if (i % 3 === writer % 3) await store.delete(shuffled(i).slice(0, 200));
      }
      await store.put({ ids, features, metadata: ids.map(() => ({ writer })) });
    });
    await Promise.all(work);
    const [image] = await stores[0].get(ids);
    // Each put is one transaction: the last one of all is whole.
    expect(await stores[0].count({ writer: image!.metadata.writer as number })).toBe(300);
    await Promise.all(stores.map((store) => store.close()));
  });

  it('finds what is best also where the rounding of the database cannot tell', async () => {
    const dim = 64;
    const store = await open({ model: { dim, fingerprint: 'model a' }, table: newTable() });
    const random = uniform(3);
    const query = Float32Array.from({ length: dim }, () => random() - 0.5);
    // 400 that differ from each other by less than halves of the query do.
    const features = Float32Array.from({ length: 400 * dim }, (_, i) => query[i % dim] * 3 + 0.03 * (random() - 0.5));
    await store.put({ ids: Array.from({ length: 400 }, (_, i) => `${i}`), features });
    const stored: { id: string; score: number }[] = [];
    for await (const rows of store.items())
      for (const [i, id] of rows.ids.entries()) {
        const feature = rows.features.subarray(i * dim, (i + 1) * dim);
        const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * b[at], 0);
        stored.push({ id, score: dot(query, feature) / Math.sqrt(dot(query, query) * dot(feature, feature)) });
      }
    stored.sort((a, b) => b.score - a.score);
    const [hits] = await store.search(query, { k: 20, offset: 30 });
    expect(hits.map(({ id }) => id)).toEqual(stored.slice(30, 50).map(({ id }) => id));
    await store.close();
  });
});

describe('an HNSW index', () => {
  const dim = 32;
  const model: StoreModel = { dim, fingerprint: 'model a' };
  /** Features around 40 centers, as images are of kinds. */
  function clustered(rows: number, seed: number): Float32Array {
    const random = uniform(seed);
    const centers = Float32Array.from(
      { length: 40 * dim },
      (
        (of) => () =>
          of() - 0.5
      )(uniform(1)),
    );
    return Float32Array.from({ length: rows * dim }, (_, i) => {
      const center = Math.floor(i / dim) % 40;
      return centers[center * dim + (i % dim)] + 0.4 * (random() - 0.5);
    });
  }
  const ids = Array.from({ length: 2500 }, (_, i) => `${i}`);
  const metadata = ids.map((_, i) => ({ n: i, kind: i % 2 ? 'odd' : 'even' }));

  it('finds nearly all of what is best, and all of it where a filter leaves little', async () => {
    const table = newTable();
    const exact = await open({ model, table });
    await exact.put({ ids, features: clustered(2500, 2), metadata });
    const store = await open({ table, hnsw: { efSearch: 40, exactRows: 500 } });
    const queries = clustered(50, 9);
    const recall = async (wishes: object, asked = queries) => {
      const [found, wanted] = await Promise.all([store.search(asked, wishes), exact.search(asked, wishes)]);
      const same = found.map((hits, q) => hits.filter(({ id }) => wanted[q].some((hit) => hit.id === id)).length);
      for (const [q, hits] of found.entries()) expect(hits.length).toBe(wanted[q].length);
      return same.reduce((sum, one) => sum + one, 0) / wanted.flat().length;
    };
    expect(await recall({ k: 10 })).toBeGreaterThanOrEqual(0.95);
    expect(await recall({ k: 10, filter: { kind: 'odd' } })).toBeGreaterThanOrEqual(0.95);
    expect(await recall({ k: 10, filter: { n: { lt: 400 } } })).toBe(1);
    expect(await recall({ k: 10, candidates: ids.slice(0, 1200) })).toBe(1);
    expect(await recall({ k: 10, exclude: ids.slice(0, 1200), distinct: 0.999 })).toBeGreaterThanOrEqual(0.95);
    expect(await recall({ k: 2600 }, queries.subarray(0, dim))).toBe(1); // more than the index gives

    await Promise.all([store.close(), exact.close()]);
    const client = new pg.Client({ connectionString: servers[0].url });
    await client.connect();
    const { rows } = await client.query(
      'SELECT idx_scan::int AS scans FROM pg_stat_user_indexes WHERE indexrelname = $1',
      [`${table}_hnsw`],
    );
    await client.end();
    expect(rows[0].scans).toBeGreaterThanOrEqual(100);
  });
});
