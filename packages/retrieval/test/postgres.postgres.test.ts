// Stores in PostgreSQL: embedded, and on a server.
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { afterAll, beforeAll } from 'vitest';
import { type PostgresServer, startPostgres } from '../../../scripts/lib/postgres.mjs';
import { openPostgres, PostgresStore } from '../src/postgres.ts';
import { conformance } from './conformance.ts';

let servers: PostgresServer[];
beforeAll(async () => {
  servers = await startPostgres(1);
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

let count = 0;
conformance('on a PostgreSQL server', async () => {
  const table = `images_${count++}`;
  return { open: (model) => openPostgres(servers[0].url, { model, table }), remove: async () => {} };
});

let database: Promise<PGlite>;
conformance('in PGlite', async () => {
  const table = `images_${count++}`;
  database ??= PGlite.create({ extensions: { vector } });
  return { open: async (model) => PostgresStore.open(await database, { model, table }), remove: async () => {} };
});
