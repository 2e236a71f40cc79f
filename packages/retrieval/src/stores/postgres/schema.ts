import { expectModel, type StoreModel } from '../store.ts';
import type { Ask } from './executor.ts';

/** What the tables of this version are like. One of another number is refused. */
const VERSION = 1;
/** The first pgvector that has halfvec and goes on where a filter left too little (`hnsw.iterative_scan`). */
const VECTOR = [0, 8];
/** Values of a feature that lie in the row itself, where a search reads them fastest: a page has 8 KiB. */
const PLAIN_DIM = 3500;

/** How the graph of an HNSW index is made. */
export interface HnswGraph {
  /** Edges of an image in each layer; 16 unless given. */
  readonly m?: number;
  /** Candidates that are looked at for them; 64 unless given. */
  readonly efConstruction?: number;
}

/** A store's tables. */
export interface Tables {
  readonly model: StoreModel;
  /** Of the type halfvec. */
  readonly oid: number;
  readonly hasIndex: boolean;
}

/** @throws RangeError for a name that is none that a table has without quotes */
export function expectTableName(table: string): void {
  if (!/^[a-z_][a-z0-9_]{0,50}$/.test(table) || table === 'webcir_stores')
    throw new RangeError(`table: expected a name of lower-case letters, digits and _, found '${table}'`);
}

/**
 * Reads what a store is, and makes it where there is none and a model is given: a table of images, and a row in
 * `webcir_stores`, which names the model that made its features. In a transaction of its own.
 * @throws RangeError for a store of another model, or one that is not there and cannot be made
 */
export async function openTables(
  ask: Ask,
  table: string,
  { model, graph, readOnly = false }: { model?: StoreModel; graph?: HnswGraph; readOnly?: boolean },
): Promise<Tables> {
  if (!readOnly) {
    // Processes that open a store at once take turns: CREATE IF NOT EXISTS alone may fail where two come together.
    await ask("SELECT pg_advisory_xact_lock(hashtext('webcir'))");
    if (model) await makeTables(ask, table, model);
  }
  const stored = await readStore(ask, table);
  if (stored === undefined) {
    if (model) throw new RangeError(`there is no store '${table}' in this database: open it for writing first`);
    throw new RangeError(`there is no store '${table}' in this database`);
  }
  if (model) expectModel(stored, model);
  await expectVector(ask);
  if (graph && !readOnly) await makeIndex(ask, table, graph);
  const [{ oid, index }] = await ask(`SELECT 'halfvec'::regtype::oid AS oid, to_regclass($1) IS NOT NULL AS index`, [
    indexOf(table),
  ]);
  return { model: stored, oid: Number(oid), hasIndex: index === true };
}

const indexOf = (table: string) => `${table}_hnsw`;

async function makeTables(ask: Ask, table: string, { dim, fingerprint }: StoreModel): Promise<void> {
  await ask('CREATE EXTENSION IF NOT EXISTS vector');
  await ask(
    'CREATE TABLE IF NOT EXISTS webcir_stores ' +
      '(name text PRIMARY KEY, version integer NOT NULL, dim integer NOT NULL, fingerprint text NOT NULL)',
  );
  const [made] = await ask(
    'INSERT INTO webcir_stores (name, version, dim, fingerprint) VALUES ($1, $2, $3, $4) ' +
      'ON CONFLICT DO NOTHING RETURNING name',
    [table, VERSION, dim, fingerprint],
  );
  if (made === undefined) return;
  // COLLATE "C": ids are compared and ordered to the byte. A type has no parameters, and dim is a whole number.
  await ask(
    `CREATE TABLE ${table} ` +
      `(id text COLLATE "C" PRIMARY KEY, feature halfvec(${Math.trunc(dim)}) NOT NULL, metadata jsonb NOT NULL)`,
  );
  // Features are not compressible, and must not lie apart from their rows as long as they fit.
  const storage = dim <= PLAIN_DIM ? 'PLAIN' : 'EXTERNAL';
  await ask(`ALTER TABLE ${table} ALTER COLUMN feature SET STORAGE ${storage}`);
}

async function readStore(ask: Ask, table: string): Promise<StoreModel | undefined> {
  const [{ isThere }] = await ask(`SELECT to_regclass('webcir_stores') IS NOT NULL AS "isThere"`);
  if (!isThere) return undefined;
  const [row] = await ask('SELECT version, dim, fingerprint FROM webcir_stores WHERE name = $1', [table]);
  if (row === undefined) return undefined;
  const { version, dim, fingerprint } = row as { version: number; dim: number; fingerprint: string };
  if (version !== VERSION)
    throw new RangeError(
      `the store '${table}' has tables of version ${version}, this webcir has ${VERSION}: take the webcir that made it`,
    );
  return { dim, fingerprint };
}

async function expectVector(ask: Ask): Promise<void> {
  const [row] = await ask("SELECT extversion AS version FROM pg_extension WHERE extname = 'vector'");
  const [major, minor] = String(row?.version ?? '0.0')
    .split('.')
    .map(Number);
  if (major > VECTOR[0] || (major === VECTOR[0] && minor >= VECTOR[1])) return;
  throw new Error(`pgvector ${VECTOR.join('.')} or later is needed, found ${row?.version ?? 'none'}`);
}

/** Takes as long as it takes, for all the images that are there; whoever writes waits. */
async function makeIndex(ask: Ask, table: string, { m = 16, efConstruction = 64 }: HnswGraph): Promise<void> {
  for (const [name, value] of Object.entries({ m, efConstruction }))
    if (!Number.isSafeInteger(value) || value < 2)
      throw new RangeError(`hnsw.${name}: expected a whole number from 2 on, found ${value}`);
  await ask(
    `CREATE INDEX IF NOT EXISTS ${indexOf(table)} ON ${table} USING hnsw (feature halfvec_cosine_ops) ` +
      `WITH (m = ${m}, ef_construction = ${efConstruction})`,
  );
}
