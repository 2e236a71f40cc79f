import { expectTableName } from './schema.ts';

/** What `foreignTablesSql` makes tables of. */
export interface ForeignTables {
  /** The shards' table; 'webcir_images' unless given. */
  readonly table?: string;
  /** Values in a feature. */
  readonly dim: number;
  /** The name of the table over all shards; 'gallery' unless given. */
  readonly name?: string;
}

/**
 * The SQL that makes one table of the shards of a gallery, to be read with SQL on any PostgreSQL server with pgvector and
 * postgres_fdw: `SELECT id FROM gallery ORDER BY feature <=> $1 LIMIT 10` has each shard give its best ten, and merges them.
 *
 * postgres_fdw asks one shard after the other for that, since it merges sorted rows: `ShardedStore` asks all at once.
 * Settings of a session do not reach the shards: `ALTER DATABASE … SET hnsw.ef_search` on each does.
 *
 * Inheritance, and no partitions: PostgreSQL would look for an id in the partition that its own hash says.
 * @param urls of the shards' databases, `postgres://user:password@host:port/database`, as this server reaches them; the
 *   passwords are in the SQL
 */
export function foreignTablesSql(
  urls: readonly string[],
  { table = 'webcir_images', dim, name = 'gallery' }: ForeignTables,
): string {
  expectTableName(table);
  expectTableName(name);
  const shards = urls.map((url, i) => {
    const { hostname, port, username, password, pathname } = new URL(url);
    const at = optionsSql({
      host: hostname,
      port: port || '5432',
      dbname: decodeURIComponent(pathname.slice(1)),
      // Its operators are the same there, so that the order is left to the shard.
      extensions: 'vector',
    });
    const as = optionsSql({ user: decodeURIComponent(username), password: decodeURIComponent(password) });
    const shard = `${name}_${i + 1}`;
    return (
      `CREATE SERVER ${shard} FOREIGN DATA WRAPPER postgres_fdw ${at};\n` +
      `CREATE USER MAPPING FOR CURRENT_USER SERVER ${shard} ${as};\n` +
      `CREATE FOREIGN TABLE ${shard} () INHERITS (${name}) SERVER ${shard} ${optionsSql({ table_name: table })};\n`
    );
  });
  return (
    'CREATE EXTENSION IF NOT EXISTS vector;\nCREATE EXTENSION IF NOT EXISTS postgres_fdw;\n' +
    `CREATE TABLE ${name} (id text COLLATE "C", feature halfvec(${Math.trunc(dim)}), metadata jsonb);\n${shards.join('')}`
  );
}

const optionsSql = (options: Readonly<Record<string, string>>): string =>
  `OPTIONS (${Object.entries(options)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name} ${literal(value)}`)
    .join(', ')})`;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
