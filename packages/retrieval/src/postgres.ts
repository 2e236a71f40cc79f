export type { PgClient, PgLite, PgPool } from './stores/postgres/executor.ts';
export { type OpenPostgresOptions, openPglite, openPostgres } from './stores/postgres/open.ts';
export { type PostgresOptions, PostgresStore } from './stores/postgres/postgres-store.ts';
export type { HnswSearch } from './stores/postgres/rank.ts';
export type { HnswGraph } from './stores/postgres/schema.ts';
