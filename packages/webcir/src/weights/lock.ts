import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { DownloadError } from './client.ts';

/**
 * Keeps other processes of this machine from fetching `target` at the same time: FILE.part.lock names the one that
 * does. A lock that a killed one leaves is taken over.
 * @returns a function that removes the lock
 * @throws DownloadError when another process has it
 */
export function lock(target: string): () => void {
  const path = `${target}.part.lock`;
  const take = (flag: 'w' | 'wx') => writeFileSync(path, String(process.pid), { flag });
  try {
    take('wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = Number(readFileSync(path, 'utf8'));
    // Containers often give the next process the number of the one before it.
    if (holder !== process.pid && isRunning(holder)) {
      throw new DownloadError(
        `${basename(target)} is being fetched by process ${holder}: wait for it, ` +
          `or delete ${path} if that is something else`,
      );
    }
    take('w');
  }
  return () => rmSync(path, { force: true });
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
