import { expectRange } from '@webcir/clip';
import type { OpenFile, StoreFiles } from './files.ts';

/** The folder of stores in the site's file system. */
const ROOT = 'webcir-stores';

/**
 * A store's folder in the browser's own file system for the site (the "origin private file system"), kept from visit to
 * visit. One page at a time writes. A page that reads while another one writes may be told that a file has changed, and
 * opens the store again.
 *
 * A page's files are replaced whole, also those that grow: each `put` copies the journal once, so that many images at a
 * time are better than one by one.
 * @param name of the folder, without slashes
 * @throws Error where the browser keeps nothing for the site, as in some private windows
 */
export async function siteFiles(name: string): Promise<StoreFiles> {
  const folder = await folderOf(name);
  /** Files that are open, and how often: one that is removed meanwhile stays until it is closed. */
  const held = new Map<string, number>();
  const doomed = new Set<string>();
  const path = (file: string) => `${name}/${file}`;

  const remove = async (file: string) => {
    try {
      await folder.removeEntry(file);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };
  const letGo = async (file: string) => {
    const count = held.get(file)! - 1;
    if (count > 0) return void held.set(file, count);
    held.delete(file);
    if (doomed.delete(file)) await remove(file);
  };

  return {
    name,
    async read(file) {
      try {
        const handle = await folder.getFileHandle(file);
        return new Uint8Array(await (await handle.getFile()).arrayBuffer());
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    async open(file): Promise<OpenFile> {
      const blob = await (await folder.getFileHandle(file)).getFile();
      const opened = { name: path(file), size: blob.size };
      held.set(file, (held.get(file) ?? 0) + 1);
      return {
        ...opened,
        async read(offset, length) {
          expectRange(opened, offset, length);
          return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
        },
        close: () => letGo(file),
      };
    },
    async write(file, pieces) {
      doomed.delete(file);
      const handle = await folder.getFileHandle(file, { create: true });
      await writeWhole(await handle.createWritable(), pieces);
    },
    async append(file, length) {
      const handle = await folder.getFileHandle(file);
      let at = length;
      return {
        async append(bytes) {
          const writable = await handle.createWritable({ keepExistingData: true });
          await writable.truncate(at); // puts the end there, too
          await writeWhole(writable, [bytes], at);
          at += bytes.length;
        },
        close: async () => {},
      };
    },
    async remove(file) {
      if (held.has(file)) doomed.add(file);
      else await remove(file);
    },
    async list() {
      const names: string[] = [];
      for await (const file of folder.keys()) if (!doomed.has(file)) names.push(file);
      return names;
    },
    lock: () =>
      new Promise((resolve, reject) => {
        const hold = (lock: Lock | null) => {
          if (lock === null) throw new Error(`${name}: is being written by another page`);
          return new Promise<void>((unlock) => resolve(() => unlock()));
        };
        navigator.locks.request(`${ROOT}/${name}`, { ifAvailable: true }, hold).catch(reject);
      }),
  };
}

/** Removes a store that `siteFiles` has made, if it is there. @throws Error where it is open */
export async function removeSiteFiles(name: string): Promise<void> {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
  try {
    await root.removeEntry(name, { recursive: true });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function folderOf(name: string): Promise<FileSystemDirectoryHandle> {
  try {
    if (!('createWritable' in FileSystemFileHandle.prototype)) throw new Error('it has no createWritable');
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
    return await root.getDirectoryHandle(name, { create: true });
  } catch (cause) {
    throw new Error(`${name}: this browser keeps no files for this site: ${(cause as Error).message}`, { cause });
  }
}

/** What is written takes the file's place when it is closed, and not before. */
async function writeWhole(
  writable: FileSystemWritableFileStream,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  start = 0,
): Promise<void> {
  try {
    let position = start;
    for await (const piece of pieces) {
      await writable.write({ type: 'write', position, data: piece as Uint8Array<ArrayBuffer> });
      position += piece.length;
    }
    await writable.close();
  } catch (error) {
    await writable.abort().catch(() => {});
    throw error;
  }
}

const isNotFound = (error: unknown): boolean => error instanceof DOMException && error.name === 'NotFoundError';
