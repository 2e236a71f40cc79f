import { checkFeatures, checkRows, checkSearch, joinRows, type StoreRow } from '../check-search.ts';
import { keepDistinct } from '../distinct.ts';
import { expectFilter, type Filter } from '../filter.ts';
import type { Store, StoredImage, StoreHit, StoreModel, StoreRows, StoreSearch } from '../store.ts';
import { type Ask, type Executor, executorOf, type PgLite, type PgPool } from './executor.ts';
import { filterSql, Params } from './filter-sql.ts';
import { type HnswSearch, imageOf, type Place, rank } from './rank.ts';
import { expectTableName, type HnswGraph, openTables, type Tables } from './schema.ts';
import { arrayOf, expectStorableIds, featureArray, isStorable, metadataJson } from './values.ts';

/** Bytes of features in one statement. */
const blockBytes = 4 * 2 ** 20;

/** How a store in PostgreSQL is opened. */
export interface PostgresOptions {
  /** The name of its table; 'webcir_images' unless given. A database holds as many stores as it has names. */
  readonly table?: string;
  /** Makes the store where there is none, and refuses one of another model. Needed for a store that is not there yet. */
  readonly model?: StoreModel;
  /** Opens it for searching alone: with rights to read alone, too. */
  readonly readOnly?: boolean;
  /**
   * Searches by an HNSW index, which finds most of what is best in a fraction of the time, and is made when the store is
   * opened for writing and has none: best after the first images are in. Searches are exact unless this is given.
   */
  readonly hnsw?: boolean | (HnswGraph & HnswSearch);
  /**
   * How long a server may take to answer, in milliseconds; without end unless given. Making an index is not counted. A
   * write that was given up may be done all the same.
   */
  readonly timeoutMs?: number;
}

/**
 * A gallery in a PostgreSQL database with the extension pgvector 0.8 or later: on a server (a `Pool` of the package pg), or
 * in this process and a page (PGlite with @electric-sql/pglite-pgvector).
 *
 * An image is a row with its id, its feature in half precision and its metadata as JSON. `put` and `delete` are one
 * transaction each; any number of processes may write at once. Ids and metadata have no NUL in them, which PostgreSQL
 * has no place for.
 *
 * Exact searches look at all features in the database, in parallel as it is set up to. What it finds is scored again in
 * float64, so that the answer is exact for the features as they are stored. By an HNSW index, `hnsw.efSearch` says how
 * much is found of what is best; what is found has exact scores. Candidates, and what a filter leaves little of, are
 * searched exactly all the same.
 */
export class PostgresStore implements Store {
  readonly model: StoreModel;
  readonly table: string;
  readonly #executor: Executor;
  readonly #place: Place;
  readonly #readOnly: boolean;
  readonly #end: () => Promise<void>;
  /** Writes take turns, so that those of one id are in the order in which they were asked for. */
  #writing: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(
    executor: Executor,
    { model, oid }: Tables,
    { table, readOnly, hnsw }: { table: string; readOnly: boolean; hnsw: HnswSearch | undefined },
    end: () => Promise<void>,
  ) {
    this.model = model;
    this.table = table;
    this.#executor = executor;
    this.#place = { executor, table, dim: model.dim, oid, hnsw };
    this.#readOnly = readOnly;
    this.#end = end;
  }

  /**
   * Opens a store, and makes it where there is none and `model` is given.
   * @param end what `close` does at last; the database stays open unless it is given
   * @throws RangeError for a store of another model, or one that is not there and cannot be made; Error of the database
   */
  static async open(
    database: PgPool | PgLite,
    options: PostgresOptions = {},
    end: () => Promise<void> = async () => {},
  ): Promise<PostgresStore> {
    const { table = 'webcir_images', model, readOnly = false, hnsw = false, timeoutMs } = options;
    expectTableName(table);
    const settings = hnsw === true ? {} : hnsw || undefined;
    const tables = await executorOf(database).transaction((ask) =>
      openTables(ask, table, { model, readOnly, graph: settings }),
    );
    if (settings && !tables.hasIndex)
      throw new RangeError(`the store '${table}' has no HNSW index: open it for writing with hnsw once`);
    return new PostgresStore(executorOf(database, timeoutMs), tables, { table, readOnly, hnsw: settings }, end);
  }

  async put(rows: StoreRows): Promise<void> {
    const { dim } = this.model;
    const checked = checkRows(rows, dim);
    expectStorableIds(checked);
    if (checked.length === 0) return;
    // In one order in every process: two that write the same ids wait for each other, and never both.
    const sorted = inByteOrder(checked);
    const most = Math.max(1, Math.floor(blockBytes / (2 * dim)));
    const blocks = Array.from({ length: Math.ceil(sorted.length / most) }, (_, i) => {
      const block = sorted.slice(i * most, (i + 1) * most);
      const features = featureArray(block, dim, this.#place.oid);
      return [arrayOf(block.map(({ id }) => id)), features, arrayOf(block.map(metadataJson))];
    });
    const write = async (ask: Ask) => {
      for (const block of blocks)
        await ask(
          `INSERT INTO ${this.table} (id, feature, metadata) ` +
            'SELECT * FROM unnest($1::text[], $2::halfvec[], $3::jsonb[]) ' +
            'ON CONFLICT (id) DO UPDATE SET feature = excluded.feature, metadata = excluded.metadata',
          block,
        );
    };
    await this.#inTurn(() =>
      blocks.length === 1 ? write(this.#executor.ask) : this.#executor.transaction((ask) => write(ask)),
    );
  }

  async delete(ids: Iterable<string>): Promise<number> {
    const wanted = arrayOf([...new Set(ids)].filter(isStorable));
    return this.#inTurn(async () => {
      // Locked in the order of the ids, as `put` does.
      const [{ count }] = await this.#executor.ask(
        `WITH wanted AS (SELECT id FROM ${this.table} WHERE id = ANY($1::text[]) ORDER BY id FOR UPDATE), ` +
          `gone AS (DELETE FROM ${this.table} AS image USING wanted WHERE image.id = wanted.id RETURNING image.id) ` +
          'SELECT count(*)::int AS count FROM gone',
        [wanted],
      );
      return count as number;
    });
  }

  async get(ids: readonly string[]): Promise<(StoredImage | undefined)[]> {
    this.#expectOpen();
    const rows = await this.#executor.ask(
      `SELECT id, halfvec_send(feature) AS feature, metadata::text AS metadata FROM ${this.table} ` +
        'WHERE id = ANY($1::text[])',
      [arrayOf([...new Set(ids)].filter(isStorable))],
    );
    const found = new Map(rows.map((row) => [row.id as string, row]));
    return ids.map((id) => {
      const row = found.get(id);
      return row && imageOf(row);
    });
  }

  async search(features: Float32Array, search: StoreSearch = {}): Promise<StoreHit[][]> {
    const checked = checkSearch(search);
    const queries = checkFeatures(features, this.model.dim);
    this.#expectOpen();
    const { k, offset, distinct } = checked;
    return Promise.all(
      queries.map(async (query) => {
        const best = (want: number) => rank(this.#place, query, checked, want);
        const found =
          distinct === undefined
            ? (await best(offset + k)).slice(offset)
            : await keepDistinct({ k, offset, distinct }, best, async (ranked) => ranked.map(({ feature }) => feature));
        return found.map(({ id, score, metadata }) => ({ id, score, metadata }));
      }),
    );
  }

  async count(filter?: Filter): Promise<number> {
    if (filter !== undefined) expectFilter(filter);
    this.#expectOpen();
    const params = new Params();
    const where = filter === undefined ? 'TRUE' : filterSql(filter, params);
    const [{ count }] = await this.#executor.ask(
      `SELECT count(*)::float8 AS count FROM ${this.table} WHERE ${where}`,
      params.values,
    );
    return count as number;
  }

  /** In the order of the ids' bytes. What is written meanwhile is among them or not. */
  async *items(): AsyncGenerator<Required<StoreRows>> {
    const { dim } = this.model;
    const most = Math.max(1, Math.floor(blockBytes / (2 * dim)));
    // Few at first: some only look at a few.
    for (let last = '', count = 64; ; count = Math.min(most, count * 8)) {
      this.#expectOpen();
      const rows = await this.#executor.ask(
        `SELECT id, halfvec_send(feature) AS feature, metadata::text AS metadata FROM ${this.table} ` +
          'WHERE id > $1 ORDER BY id LIMIT $2',
        [last, count],
      );
      if (rows.length === 0) return;
      const images = rows.map(imageOf);
      yield joinRows(images, dim);
      last = images.at(-1)!.id;
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing.catch(() => {});
    await this.#end();
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#expectOpen();
    if (this.#readOnly) throw new Error(`the store '${this.table}' was opened for reading only`);
    const turn = this.#writing.then(work);
    this.#writing = turn.catch(() => {});
    return turn;
  }

  #expectOpen(): void {
    if (this.#closed) throw new Error(`the store '${this.table}' is closed: open it again`);
  }
}

/** As PostgreSQL orders the ids: by their bytes, which is by code points. */
function inByteOrder(rows: readonly StoreRow[]): StoreRow[] {
  const encoder = new TextEncoder();
  return rows
    .map((row) => ({ row, bytes: encoder.encode(row.id) }))
    .sort((a, b) => compareBytes(a.bytes, b.bytes))
    .map(({ row }) => row);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
