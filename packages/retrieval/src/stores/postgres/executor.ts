/** A row of an answer, by the names of its columns. */
export type Row = Readonly<Record<string, unknown>>;

/** Asks a database: parameters are `$1`, `$2`, … in the text. Those that are bytes go in PostgreSQL's binary form. */
export type Ask = (sql: string, params?: readonly unknown[]) => Promise<Row[]>;

/** What a store needs of a database. */
export interface Executor {
  readonly ask: Ask;
  /** Does work in one transaction, which is taken back where the work fails. */
  transaction<T>(work: (ask: Ask) => Promise<T>): Promise<T>;
}

interface Answer {
  readonly rows: unknown[];
}

/** A connection of a pool. */
export interface PgClient {
  // biome-ignore lint/suspicious/noExplicitAny: the parameters of pg's own overloads differ from version to version
  query(question: any, params?: any): Promise<Answer>;
  release(error?: Error | boolean): void;
  on(event: 'error', listener: () => void): unknown;
  off(event: 'error', listener: () => void): unknown;
}

/** A `Pool` of the package pg, in as much as it is used. */
export interface PgPool {
  // biome-ignore lint/suspicious/noExplicitAny: see PgClient
  query(question: any, params?: any): Promise<Answer>;
  connect(): Promise<PgClient>;
}

/** A database of the package @electric-sql/pglite, with its extension `vector`, in as much as it is used. */
export interface PgLite {
  // biome-ignore lint/suspicious/noExplicitAny: see PgClient
  query(sql: string, params?: any[], options?: any): Promise<Answer>;
  // biome-ignore lint/suspicious/noExplicitAny: see PgClient
  transaction<T>(work: (transaction: any) => Promise<T>): Promise<T>;
}

/** @param timeoutMs how long an answer may take; without end unless given */
export function executorOf(database: PgPool | PgLite, timeoutMs?: number): Executor {
  return 'transaction' in database ? ofPgLite(database) : ofPool(database, timeoutMs);
}

function ofPool(pool: PgPool, timeoutMs?: number): Executor {
  const askOf =
    (asked: PgPool | PgClient): Ask =>
    async (text, values = []) =>
      (await asked.query({ text, values, query_timeout: timeoutMs })).rows as Row[];
  return {
    ask: askOf(pool),
    transaction(work) {
      return inTransaction(
        pool,
        (client) => work(askOf(client)),
        (client, sql) => askOf(client)(sql),
      );
    },
  };
}

/**
 * Does work in one transaction, on a connection of a pool, which is taken back where the work fails.
 * @param ask asks for the beginning and the end
 */
export async function inTransaction<Client extends PgClient, T>(
  pool: { connect(): Promise<Client> },
  work: (client: Client) => Promise<T>,
  ask: (client: Client, sql: string) => Promise<unknown> = (client, sql) => client.query(sql),
): Promise<T> {
  const client = await pool.connect();
  client.on('error', ignore);
  let failure: unknown;
  try {
    await ask(client, 'BEGIN');
    const result = await work(client);
    await ask(client, 'COMMIT');
    return result;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    // A connection that is given up is closed, and its transaction taken back: it may not answer any more.
    client.release(failure !== undefined);
    if (failure === undefined) client.off('error', ignore);
  }
}

/** A connection that breaks fails what is asked next: its event is not to end the process. */
const ignore = (): void => {};

function ofPgLite(database: PgLite): Executor {
  type Asked = Pick<PgLite, 'query'>;
  let asIs: Promise<Readonly<Record<number, (bytes: unknown) => unknown>>> | undefined;
  // PGlite writes parameters as text, unless it is told how the type that the parameter has is written.
  const readTypes = async (asked: Asked) => {
    const { rows } = await asked.query("SELECT 'halfvec'::regtype::oid AS one, 'halfvec[]'::regtype::oid AS many");
    const [{ one, many }] = rows as [{ one: number; many: number }];
    const same = (bytes: unknown) => bytes;
    return { [one]: same, [many]: same };
  };
  const askOf =
    (asked: Asked): Ask =>
    async (sql, params = []) => {
      if (!params.some((param) => param instanceof Uint8Array))
        return (await asked.query(sql, [...params])).rows as Row[];
      asIs ??= readTypes(asked);
      return (await asked.query(sql, [...params], { serializers: await asIs })).rows as Row[];
    };
  return { ask: askOf(database), transaction: (work) => database.transaction((one) => work(askOf(one))) };
}
