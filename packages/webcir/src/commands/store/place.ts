import { existsSync } from 'node:fs';

/** Where a store is, or a shard of one. */
export type StorePlace =
  | { readonly kind: 'folder'; readonly name: string }
  | { readonly kind: 'postgres'; readonly name: string; readonly url: string; readonly in: InDatabase }
  | { readonly kind: 'pglite'; readonly name: string; readonly folder: string; readonly in: InDatabase };

/** What a place says of a store in a database. */
interface InDatabase {
  readonly table?: string;
  /** Searched by an HNSW index that keeps so many candidates in mind. */
  readonly hnsw?: { readonly efSearch?: number };
}

/** For the help of commands. */
export const placeHelp =
  'a folder; postgres://user@host/database or pglite:folder, with ?table=name and ?hnsw (by an index, ?hnsw=200: more ' +
  'exactly); or several of them, separated by commas: the shards of a gallery, always in this order';

/**
 * Reads what the command line names: one place, or several of which each holds a part.
 * @throws Error naming the part of a place that is wrong, without its password
 */
export function parsePlaces(text: string): StorePlace[] {
  return existsSync(text) ? [{ kind: 'folder', name: text }] : text.split(',').map(parsePlace);
}

/** What the command line names, without passwords. */
export const nameOfPlaces = (text: string): string =>
  parsePlaces(text)
    .map(({ name }) => name)
    .join(',');

/** Whether the command line names one folder. */
export function isFolder(text: string): boolean {
  const [{ kind }, ...others] = parsePlaces(text);
  return kind === 'folder' && others.length === 0;
}

/** @throws Error where what the command line names is no folder, which the command is for */
export function expectFolderPlace(text: string, reason: string): void {
  if (!isFolder(text)) throw new Error(`${nameOfPlaces(text)}: ${reason}`);
}

function parsePlace(text: string): StorePlace {
  if (/^postgres(ql)?:/.test(text)) return serverPlace(text);
  if (!text.startsWith('pglite:')) {
    if (text === '') throw new Error('expected a store, or several separated by commas, found an empty name');
    return { kind: 'folder', name: text };
  }
  const [path, query = ''] = text.slice('pglite:'.length).split('?', 2);
  if (path === '') throw new Error('pglite: expected the folder of a database after it');
  return { kind: 'pglite', name: text, folder: path, in: inDatabase(new URLSearchParams(query), text) };
}

function serverPlace(text: string): StorePlace {
  if (!URL.canParse(text))
    throw new Error('expected an address like postgres://user:password@host:5432/database, found one that is none');
  const url = new URL(text);
  const shown = new URL(text);
  shown.password = '';
  for (const name of shown.searchParams.keys()) if (/password/i.test(name)) shown.searchParams.set(name, '…');
  const within = inDatabase(url.searchParams, shown.href);
  for (const own of ['table', 'hnsw']) url.searchParams.delete(own);
  return { kind: 'postgres', name: shown.href, url: url.href, in: within };
}

function inDatabase(parameters: URLSearchParams, name: string): InDatabase {
  const table = parameters.get('table') ?? undefined;
  const hnsw = parameters.get('hnsw') ?? undefined;
  if (hnsw === undefined) return { table };
  if (hnsw === '') return { table, hnsw: {} };
  const efSearch = Number(hnsw);
  if (!(Number.isInteger(efSearch) && efSearch >= 1 && efSearch <= 1000))
    throw new Error(`${name}: hnsw: expected a whole number from 1 to 1000, or nothing, found '${hnsw}'`);
  return { table, hnsw: { efSearch } };
}
