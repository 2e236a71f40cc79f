export { inTransaction, type PgClient, type PgLite, type PgPool } from './stores/postgres/executor.ts';
export { type ForeignTables, foreignTablesSql } from './stores/postgres/foreign-tables.ts';
export { type PostgresOptions, PostgresStore } from './stores/postgres/postgres-store.ts';
export type { HnswSearch } from './stores/postgres/rank.ts';
export type { HnswGraph } from './stores/postgres/schema.ts';
