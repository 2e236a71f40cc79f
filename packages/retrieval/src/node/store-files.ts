import { existsSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expectRange } from '@webcir/clip';
import { expectFolder, lock, writeFileAtomic } from '@webcir/clip/node';
import type { StoreFiles } from '../stores/flat/files.ts';

/** Bytes per read call; Node accepts less than 2 GiB. */
const CALL_BYTES = 1 << 30;

/**
 * A store's folder on a disk. Files are read where they lie, by one call for each range: Node maps no files, an addon
 * that does would be native code for every platform, and the system caches what is read either way. A file that is open
 * stays readable when it is removed, so that one process may search while another one writes.
 */
export function diskFiles(folder: string): StoreFiles {
  const path = (file: string) => join(folder, file);
  return {
    name: folder,
    read: (file) =>
      readFile(path(file)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      }),
    async open(file) {
      const handle = await open(path(file), 'r');
      const { size } = await handle.stat();
      const name = path(file);
      const read = (offset: number, length: number) => {
        expectRange({ name, size }, offset, length);
        return readRange(handle, name, offset, length);
      };
      return { name, size, read, close: () => handle.close() };
    },
    async write(file, pieces) {
      await writeFileAtomic(path(file), pieces);
      await syncFolder(folder);
    },
    async append(file, length) {
      const handle = await open(path(file), 'r+');
      await handle.truncate(length);
      await handle.sync();
      let at = length;
      return {
        async append(bytes) {
          for (let done = 0; done < bytes.length; ) {
            const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
            done += bytesWritten;
          }
          await handle.datasync(); // the new length is flushed with it
          at += bytes.length;
        },
        close: () => handle.close(),
      };
    },
    remove: (file) => rm(path(file), { force: true }),
    list: async () => (existsSync(folder) ? readdir(folder) : []),
    async lock() {
      await expectFolder(folder);
      await mkdir(folder, { recursive: true });
      const unlock = lock(path('lock'), (holder) => new Error(`${folder}: is being written by process ${holder}`));
      // What a killed writer had not finished (`writeFileAtomic`): nobody else writes here now.
      for (const name of await readdir(folder))
        if (/^\.[\da-f-]{36}\.tmp$/.test(name)) await rm(path(name), { force: true });
      return unlock;
    },
  };
}

async function readRange(handle: FileHandle, name: string, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; ) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(length - at, CALL_BYTES), offset + at);
    if (bytesRead === 0) throw new Error(`${name}: ended at byte ${offset + at} while it was read`);
    at += bytesRead;
  }
  return bytes;
}

/** A new name in a folder is there for good when the folder is flushed, too; Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
