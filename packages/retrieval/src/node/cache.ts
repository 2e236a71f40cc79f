import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder for what is remembered between runs: `WEBCIR_CACHE`, or `.cache/webcir` in the home folder. */
export const defaultCacheFolder = (): string => process.env.WEBCIR_CACHE ?? join(homedir(), '.cache', 'webcir');

/** The cache folders that a warning has named. */
const unwritable = new Set<string>();

/**
 * Writes a file of the cache. Where that fails, the work goes on without: a warning names the
 * folder, once in a process.
 */
export async function writeToCache(folder: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (unwritable.has(folder)) return;
    unwritable.add(folder);
    const { message, cause } = error as Error;
    process.emitWarning(
      `nothing is remembered for the next run, as the cache ${folder} cannot be written: ` +
        `${(cause as Error | undefined)?.message ?? message}; WEBCIR_CACHE names another folder`,
    );
  }
}
