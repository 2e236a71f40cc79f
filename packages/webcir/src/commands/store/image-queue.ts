import { openPool } from '@webcir/retrieval/node';
import { inTransaction } from '@webcir/retrieval/postgres';
import type { Pool, PoolClient } from 'pg';
import type PgBoss from 'pg-boss';

/** Tables of the queue lie apart from those of a pg-boss that the database may have already. */
const schema = 'webcir_queue';
/** How often a chunk is tried again whose worker failed or is gone, before it is given up. */
const retries = 2;
/** Chunks that are written in one statement. */
const insertAtOnce = 200;
/** Milliseconds between two looks at a queue that others work at. */
const patience = 500;

/** Images that a worker has taken, by their ids. */
export interface Chunk {
  readonly job: string;
  readonly ids: readonly string[];
}

/** What became of a chunk. */
export interface Outcome {
  /** Images that have been stored. */
  readonly stored: number;
  readonly unreadable: readonly Failure[];
}

/** An image without a feature, and why. */
export interface Failure {
  readonly id: string;
  readonly error: string;
}

/** How far all workers are. */
export interface QueueProgress {
  readonly done: number;
  readonly total: number;
}

/**
 * Hands images out to any number of workers, by pg-boss, in the database that the features go to. A worker gives signs of
 * life while it has a chunk; the chunk of one that gives none is handed out again, in halves, so that an image that ends
 * every process that reads it is found: it is given up after a few tries, and the others are not.
 */
export class ImageQueue {
  readonly #boss: PgBoss;
  readonly #pool: Pool;
  readonly #end: () => Promise<void>;
  readonly #name: string;
  /** Seconds without a sign of life after which a worker counts as gone. */
  readonly #lease: number;
  /** The latest filling that this process has seen: what it reports. */
  #run = 0;
  readonly #signs = new Map<string, ReturnType<typeof setInterval>>();

  private constructor(
    boss: PgBoss,
    { pool, end }: { readonly pool: Pool; end(): Promise<void> },
    name: string,
    lease: number,
  ) {
    this.#boss = boss;
    this.#pool = pool;
    this.#end = end;
    this.#name = name;
    this.#lease = lease;
  }

  /** @param name of the queue: of the store that it fills */
  static async open(url: string, name: string, lease: number): Promise<ImageQueue> {
    const { default: Boss } = await import('pg-boss');
    const opened = await openPool(url, { connections: 3 });
    const pool = opened.pool as Pool;
    const boss = new Boss({ db: executor(pool), schema, supervise: false, schedule: false });
    boss.on('error', () => {}); // what is asked for is thrown where it is
    try {
      const queue = new ImageQueue(boss, { ...opened, pool }, name, lease);
      // Processes that come at once take turns: pg-boss makes tables, which two that do it at once may deadlock at.
      await inTransaction(pool, async (client: PoolClient) => {
        await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [schema]);
        await boss.start();
        await boss.createQueue(name);
      });
      return queue;
    } catch (error) {
      await opened.end();
      throw error;
    }
  }

  /**
   * Fills the queue, unless it has work left, or images that were given up and that nobody has been told of: then that
   * comes first. One process does it, and others wait for it; it is filled as a whole, or not at all.
   * @param make the ids of all images that are to be encoded, in chunks
   * @returns whether it was filled here
   */
  fill(make: () => Promise<Iterable<readonly string[]>>): Promise<boolean> {
    return inTransaction(this.#pool, async (client: PoolClient) => {
      await client.query('SELECT pg_advisory_xact_lock(hashtext($1), hashtext($2))', [schema, this.#name]);
      const { rows } = await client.query(
        `SELECT coalesce(max((data->>'run')::int), 0) AS run FROM ${schema}.job WHERE name = $1`,
        [this.#name],
      );
      this.#run = rows[0].run;
      if ((await this.#isAtWork(client)) || (await this.#hasToReport(client))) return false;
      const chunks = [...(await make())];
      // Those who have just come to the end of the last filling have yet to report it; what was before may go.
      await client.query(`DELETE FROM ${schema}.job WHERE name = $1 AND (data->>'run')::int < $2`, [
        this.#name,
        this.#run,
      ]);
      this.#run++;
      for (let start = 0; start < chunks.length; start += insertAtOnce)
        await this.#insert(client, chunks.slice(start, start + insertAtOnce), start);
      return true;
    });
  }

  /** Takes a chunk; waits while there is none and others are at work, whose chunks may come back. Undefined at the end. */
  async next(): Promise<Chunk | undefined> {
    for (;;) {
      await this.#boss.expire();
      const [job] = await this.#boss.fetch<Data>(this.#name, { includeMetadata: true });
      if (job === undefined) {
        if (!(await this.#isAtWork(this.#pool))) return undefined;
        await new Promise((resolve) => setTimeout(resolve, patience));
        continue;
      }
      const { ids, run } = job.data;
      this.#run = run;
      if (job.retryCount > 0 && ids.length > 1) {
        await this.#split(job.id, ids);
        continue;
      }
      this.#signs.set(job.id, setInterval(() => this.#sign(job.id, job.retryCount), (1000 * this.#lease) / 4).unref());
      return { job: job.id, ids };
    }
  }

  /** All of a chunk is stored, but for what cannot be read. */
  async done({ job }: Chunk, outcome: Outcome): Promise<void> {
    this.#leave(job);
    await this.#boss.complete(this.#name, job, outcome);
  }

  /** Gives a chunk back, to be tried again. */
  async failed({ job }: Chunk, error: Error): Promise<void> {
    this.#leave(job);
    await this.#boss.fail(this.#name, job, { message: error.message });
  }

  async progress(): Promise<QueueProgress> {
    const { rows } = await this.#pool.query(
      `SELECT coalesce(sum(n), 0)::float8 AS total, coalesce(sum(n) FILTER (WHERE state > 'active'), 0)::float8 AS done ` +
        `FROM (SELECT state, jsonb_array_length(data->'ids') AS n FROM ${schema}.job ` +
        `WHERE name = $1 AND (data->>'run')::int = $2 AND NOT coalesce((output->>'isSplit')::bool, false)) AS chunks`,
      [this.#name, this.#run],
    );
    return rows[0] as QueueProgress;
  }

  /** What all workers have done since the queue was filled; images that were given up are among those without a feature. */
  async report(): Promise<Outcome> {
    const { rows } = await this.#pool.query(
      `SELECT state, data->'ids' AS ids, output FROM ${schema}.job ` +
        `WHERE name = $1 AND (data->>'run')::int = $2 AND (state = 'failed' OR output ? 'unreadable') ` +
        `ORDER BY (data->'ids'->>0) COLLATE "C"`,
      [this.#name, this.#run],
    );
    let stored = 0;
    const unreadable: Failure[] = [];
    for (const { state, ids, output } of rows as Ended[]) {
      if (state === 'failed') {
        const error = `given up after ${retries + 1} tries: ${output.message ?? output.value?.message ?? 'no reason'}`;
        unreadable.push(...ids.map((id) => ({ id, error })));
      } else {
        stored += output.stored;
        unreadable.push(...output.unreadable);
      }
    }
    await this.#pool.query(
      `UPDATE ${schema}.job SET output = output || '{"isReported": true}' ` +
        `WHERE name = $1 AND (data->>'run')::int = $2 AND state = 'failed'`,
      [this.#name, this.#run],
    );
    return { stored, unreadable };
  }

  async close(): Promise<void> {
    for (const job of [...this.#signs.keys()]) this.#leave(job);
    await this.#boss.stop({ graceful: false, wait: true });
    await this.#end();
  }

  async #isAtWork(database: Pool | PoolClient): Promise<boolean> {
    const { rows } = await database.query(
      `SELECT EXISTS (SELECT FROM ${schema}.job WHERE name = $1 AND state <= 'active') AS "isAtWork"`,
      [this.#name],
    );
    return rows[0].isAtWork;
  }

  /** An image that ends every process is given up by one that is gone: whoever is started next tells of it. */
  async #hasToReport(client: PoolClient): Promise<boolean> {
    const { rows } = await client.query(
      `SELECT EXISTS (SELECT FROM ${schema}.job WHERE name = $1 AND (data->>'run')::int = $2 AND state = 'failed' ` +
        `AND NOT output ? 'isReported') AS "hasToReport"`,
      [this.#name, this.#run],
    );
    return rows[0].hasToReport;
  }

  /** @param first place of the first chunk: they are handed out in their order, files of one folder after one another */
  #insert(client: PoolClient, chunks: readonly (readonly string[])[], first = 0): Promise<void> {
    const jobs = chunks.map((ids, i) => ({
      name: this.#name,
      data: { ids, run: this.#run },
      priority: -(first + i),
      expireInSeconds: this.#lease,
      retryLimit: retries,
    }));
    return this.#boss.insert(jobs, { db: executor(client) });
  }

  /** Puts two halves in the place of a chunk, if this process still has it. */
  #split(job: string, ids: readonly string[]): Promise<void> {
    const half = ids.length >> 1;
    return inTransaction(this.#pool, async (client: PoolClient) => {
      const { rowCount } = await client.query(
        `UPDATE ${schema}.job SET state = 'completed', completed_on = now(), output = '{"isSplit": true}' ` +
          `WHERE name = $1 AND id = $2 AND state = 'active'`,
        [this.#name, job],
      );
      if (rowCount === 1) await this.#insert(client, [ids.slice(0, half), ids.slice(half)]);
    });
  }

  /** pg-boss counts from the start of a try. A chunk that another worker has by now is left alone. */
  #sign(job: string, retryCount: number): void {
    this.#pool
      .query(
        `UPDATE ${schema}.job SET started_on = now() ` +
          `WHERE name = $1 AND id = $2 AND state = 'active' AND retry_count = $3`,
        [this.#name, job, retryCount],
      )
      .catch(() => {}); // a server that is away for a moment; where it stays away, what is done next fails
  }

  #leave(job: string): void {
    clearInterval(this.#signs.get(job));
    this.#signs.delete(job);
  }
}

interface Data {
  /** The number of the filling. */
  readonly run: number;
  readonly ids: readonly string[];
}

/** A chunk that is not handed out any more. pg-boss puts what it says of one that ran out of time into `value`. */
type Ended = { readonly ids: readonly string[] } & (
  | { readonly state: 'completed'; readonly output: Outcome }
  | { readonly state: 'failed'; readonly output: { message?: string; value?: { message?: string } } }
);

const executor = (database: Pool | PoolClient): PgBoss.Db => ({
  executeSql: (text, values) => database.query(text, values),
});
