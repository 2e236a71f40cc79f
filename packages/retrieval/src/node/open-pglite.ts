import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expectFolder, lock } from '@webcir/clip/node';
import { missingPackage } from '@webcir/kernels';
import { type PostgresOptions, PostgresStore } from '../stores/postgres/postgres-store.ts';

/**
 * Opens a store in a PostgreSQL that runs in this process: PGlite, with its extension pgvector. It has no server, and takes
 * one process at a time, also one that only reads. In a page, `PostgresStore.open` takes a PGlite that keeps its files there.
 * @param folder of the database, made where there is none; the file beside it with `.lock` at its end names the process
 * @throws MissingPackageError where PGlite is not installed; Error naming the process that has the folder; RangeError for a
 *   store of another model, or one that is not there and cannot be made
 */
export async function openPglite(folder: string, options: PostgresOptions = {}): Promise<PostgresStore> {
  const { PGlite } = await import('@electric-sql/pglite').catch(notInstalled);
  const { vector } = await import('@electric-sql/pglite-pgvector').catch(notInstalled);
  await expectFolder(folder);
  await mkdir(dirname(folder), { recursive: true });
  const unlock = lock(
    `${folder}.lock`,
    (holder) => new Error(`${folder}: is open in process ${holder}, and PGlite takes one at a time`),
  );
  let close = async () => unlock();
  try {
    const database = await PGlite.create(folder, { extensions: { vector } });
    close = () => database.close().finally(unlock);
    return await PostgresStore.open(database, options, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws MissingPackageError naming the package that is not installed */
function notInstalled(cause: unknown): never {
  const reason = 'a store in PGlite needs @electric-sql/pglite and @electric-sql/pglite-pgvector';
  const one = missingPackage(cause, '@electric-sql/pglite@0.5.14', reason);
  throw missingPackage(one, '@electric-sql/pglite-pgvector@0.0.15', reason);
}
