import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fromFloat32, readFloat32 } from '@webcir/clip';
import { fileSource, writeFileAtomic } from '@webcir/clip/node';
import { missingPackage } from '@webcir/kernels';
import { npyStart, openNpy } from '../stores/exchange/npy.ts';
import type { Metadata, Store, StoreRows } from '../stores/store.ts';

/** Rows that are in memory at once. */
const blockRows = 16_384;
/** Rows in one file of clip-retrieval's layout, which has a million unless told otherwise. */
const fileRows = 1_000_000;

/**
 * Features of a `.npy` file, as a store takes them.
 * @param ids one for each row
 * @throws Error naming the file that is no array of float32 or float16 rows, or has another number of them
 */
export async function* readNpy(path: string, ids: readonly string[]): AsyncGenerator<StoreRows> {
  const array = await openNpy(await fileSource(path));
  const [rows] = array.shape;
  if (rows !== ids.length) throw new Error(`${path}: has ${rows} rows, expected one for each of ${ids.length} ids`);
  for (let first = 0; first < rows; first += blockRows) {
    const count = Math.min(blockRows, rows - first);
    yield { ids: ids.slice(first, first + count), features: await readFloat32(array.rows!(first, count)) };
  }
}

/**
 * Features and metadata in clip-retrieval's layout: `img_emb/img_emb_N.npy` beside `metadata/metadata_N.parquet`. The
 * column `image_path` is the id, the others are metadata.
 * @throws Error naming the file that is missing, or damaged, or has no such column
 */
export async function* readClipRetrieval(folder: string): AsyncGenerator<StoreRows> {
  const numbers = (await readdir(join(folder, 'img_emb')))
    .flatMap((name) => /^img_emb_(\d+)\.npy$/.exec(name)?.[1] ?? [])
    .sort((a, b) => Number(a) - Number(b));
  if (numbers.length === 0) throw new Error(`${folder}: expected files img_emb/img_emb_0.npy, …`);
  for (const number of numbers) {
    const table = join(folder, 'metadata', `metadata_${number}.parquet`);
    const records = await readParquet(table);
    const ids = records.map(({ image_path: id }) => {
      if (typeof id !== 'string') throw new Error(`${table}: expected a column image_path of texts`);
      return id;
    });
    let first = 0;
    for await (const rows of readNpy(join(folder, 'img_emb', `img_emb_${number}.npy`), ids)) {
      const part = records.slice(first, first + rows.ids.length);
      first += rows.ids.length;
      yield { ...rows, metadata: part.map(({ image_path: _, ...metadata }) => metadata) };
    }
  }
}

/**
 * Writes a store in clip-retrieval's layout, in half precision as clip-retrieval does: features as CLIP gives them, ids
 * in the column `image_path`, and metadata as JSON in the column `metadata`.
 */
export async function writeClipRetrieval(store: Store, folder: string): Promise<void> {
  const ids: string[] = [];
  const metadata: string[] = [];
  let blocks: Uint8Array[] = [];
  let file = 0;
  const flush = async () => {
    const start = npyStart('F16', [ids.length, store.model.dim]);
    await writeFileAtomic(join(folder, 'img_emb', `img_emb_${file}.npy`), [start, ...blocks]);
    const table = await parquetBytes({ image_path: ids, metadata });
    await writeFileAtomic(join(folder, 'metadata', `metadata_${file}.parquet`), table);
    [ids.length, metadata.length, blocks] = [0, 0, []];
    file++;
  };
  for await (const rows of store.items()) {
    ids.push(...rows.ids);
    metadata.push(...rows.metadata.map((one) => JSON.stringify(one)));
    blocks.push(fromFloat32(rows.features, [rows.ids.length, store.model.dim], 'F16').bytes);
    if (ids.length >= fileRows) await flush();
  }
  if (ids.length > 0) await flush();
}

/** Loaded when it is first needed: few read or write parquet. */
async function readParquet(path: string): Promise<Metadata[]> {
  if (!existsSync(path)) throw new Error(`${path}: there is no such file`);
  const { parquetReadObjects } = await import('hyparquet').catch(notInstalled);
  const source = await fileSource(path);
  const slice = async (start: number, end = source.size) =>
    new Uint8Array(await source.read(start, end - start)).buffer as ArrayBuffer;
  try {
    const records = await parquetReadObjects({ file: { byteLength: source.size, slice } });
    return records.map((record) => plain(record));
  } catch (cause) {
    throw new Error(`${path}: cannot be read as parquet: ${(cause as Error).message}`, { cause });
  }
}

/** What JSON has a form for: whole numbers of 64 bits become numbers, times texts. What was written from a store is JSON. */
function plain(record: Record<string, unknown>): Metadata {
  const { metadata, ...columns } = JSON.parse(
    JSON.stringify(record, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
  );
  const own = typeof metadata === 'string' ? objectOf(metadata) : undefined;
  if (own) return { ...columns, ...own };
  return metadata === undefined ? columns : { ...columns, metadata };
}

function objectOf(json: string): Metadata | undefined {
  try {
    const value = JSON.parse(json);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

async function parquetBytes(columns: Readonly<Record<string, readonly string[]>>): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import('hyparquet-writer').catch(notInstalled);
  const columnData = Object.entries(columns).map(([name, data]) => ({
    name,
    data: [...data],
    type: 'STRING' as const,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

/** @throws MissingPackageError naming the package that is not installed */
function notInstalled(cause: unknown): never {
  const reason = "clip-retrieval's layout has its metadata in parquet, which needs hyparquet and hyparquet-writer";
  throw missingPackage(missingPackage(cause, 'hyparquet@1.31.5', reason), 'hyparquet-writer@0.17.0', reason);
}
