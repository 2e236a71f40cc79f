import { missingPackage } from '@webcir/kernels';
import { type PostgresOptions, PostgresStore } from './postgres-store.ts';

/** Options of `openPostgres`. */
export interface OpenPostgresOptions extends PostgresOptions {
  /** Connections at most, which is how many queries are answered at once; 4 unless given. */
  readonly connections?: number;
}

/**
 * Opens a store on a PostgreSQL server with pgvector, by the package pg, and makes it where there is none and `model` is
 * given. `close` closes the connections.
 * @param url `postgres://user:password@host:port/database`, with parameters as pg takes them
 * @throws MissingPackageError where pg is not installed; RangeError for a store of another model, or one that is not there
 *   and cannot be made; Error of the server, or where it does not answer
 */
export async function openPostgres(url: string, options: OpenPostgresOptions = {}): Promise<PostgresStore> {
  const { connections = 4, timeoutMs, ...rest } = options;
  const { default: pg } = await import('pg').catch((cause: unknown) => {
    throw missingPackage(cause, 'pg@8.23.1', 'a store on a PostgreSQL server needs pg');
  });
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    keepAlive: true,
    allowExitOnIdle: true,
    application_name: 'webcir',
    connectionTimeoutMillis: timeoutMs,
  });
  // A connection that nothing uses may break at any time: the next query takes another one.
  pool.on('error', () => {});
  return openOrEnd(
    () => PostgresStore.open(pool, { ...rest, timeoutMs }, () => pool.end()),
    () => pool.end(),
  );
}

/**
 * Opens a store in a PostgreSQL that runs in this process: PGlite, with its extension pgvector. One process at a time has
 * a folder.
 * @param folder made where there is none; in a page an address like `idb://gallery`; in memory where it is left out
 * @throws MissingPackageError where PGlite is not installed; RangeError for a store of another model, or one that is not
 *   there and cannot be made
 */
export async function openPglite(folder: string | undefined, options: PostgresOptions = {}): Promise<PostgresStore> {
  const reason = 'a store in PGlite needs @electric-sql/pglite and @electric-sql/pglite-pgvector';
  const missing = (cause: unknown): never => {
    const one = missingPackage(cause, '@electric-sql/pglite@0.5.14', reason);
    throw missingPackage(one, '@electric-sql/pglite-pgvector@0.0.15', reason);
  };
  const { PGlite } = await import('@electric-sql/pglite').catch(missing);
  const { vector } = await import('@electric-sql/pglite-pgvector').catch(missing);
  const database = await PGlite.create({ ...(folder !== undefined && { dataDir: folder }), extensions: { vector } });
  return openOrEnd(
    () => PostgresStore.open(database, options, () => database.close()),
    () => database.close(),
  );
}

async function openOrEnd<T>(open: () => Promise<T>, end: () => Promise<void>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    await end();
    throw error;
  }
}
