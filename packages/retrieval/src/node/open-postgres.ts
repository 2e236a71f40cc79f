import { missingPackage } from '@webcir/kernels';
import type { PgPool } from '../stores/postgres/executor.ts';
import { type PostgresOptions, PostgresStore } from '../stores/postgres/postgres-store.ts';

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
  const { pool, end } = await openPool(url, { connections, timeoutMs });
  try {
    return await PostgresStore.open(pool, { ...rest, timeoutMs }, end);
  } catch (error) {
    await end();
    throw error;
  }
}

/** Connections to a server, and what ends them. */
export interface OpenedPool {
  /** A `Pool` of pg. */
  readonly pool: PgPool;
  end(): Promise<void>;
}

/**
 * Opens connections to a PostgreSQL server as they are needed. One that breaks fails what is asked of it, and not the
 * process.
 * @throws MissingPackageError where pg is not installed
 */
export async function openPool(
  url: string,
  { connections, timeoutMs }: { connections: number; timeoutMs?: number | undefined },
): Promise<OpenedPool> {
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
  const clients = new Set<{ readonly connection?: { readonly stream: { destroy(): void } } }>();
  pool.on('connect', (client) => {
    clients.add(client);
    client.on('error', () => {}); // also of one that was given up
    client.once('end', () => clients.delete(client));
  });
  const end = async () => {
    await pool.end();
    // A server that cannot be reached does not hear the farewell, and the process would wait for it.
    setTimeout(() => {
      for (const { connection } of clients) connection?.stream.destroy();
    }, 1000).unref();
  };
  return { pool, end };
}
