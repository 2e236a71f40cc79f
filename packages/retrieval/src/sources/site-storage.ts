import type { Version } from './ask.ts';
import { hexadecimal } from './hexadecimal.ts';

/** What is written beside the pieces of a file. */
export interface Note extends Version {
  readonly address: string;
  /** Checksum of the whole file; missing until all of it is there. */
  readonly sha256?: string | undefined;
}

/** The folder in the page's own file system that holds all downloads. */
const ROOT = 'webcir';
const NOTE = 'note.json';

/**
 * The downloads of this site, in its origin-private file system: a folder for each, with pieces named by the byte that
 * they begin with, and a note. A piece or a note is there whole or not at all, so that a tab may be closed at any time.
 * @returns undefined where there is no such file system: in an insecure page, in most private windows, outside of pages
 */
export async function openSiteStorage(): Promise<FileSystemDirectoryHandle | undefined> {
  const canWrite = typeof FileSystemFileHandle !== 'undefined' && 'createWritable' in FileSystemFileHandle.prototype;
  if (!canWrite) return undefined;
  try {
    return await (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true });
  } catch {
    return undefined;
  }
}

/** The folder of one download. */
export class PieceFolder {
  readonly #parent: FileSystemDirectoryHandle;
  #folder: FileSystemDirectoryHandle;

  private constructor(parent: FileSystemDirectoryHandle, folder: FileSystemDirectoryHandle) {
    this.#parent = parent;
    this.#folder = folder;
  }

  static async open(parent: FileSystemDirectoryHandle, key: string): Promise<PieceFolder> {
    return new PieceFolder(parent, await parent.getDirectoryHandle(key, { create: true }));
  }

  /** Undefined where none can be read: the download starts anew. */
  async note(): Promise<Note | undefined> {
    try {
      const file = await (await this.#folder.getFileHandle(NOTE)).getFile();
      return JSON.parse(await file.text());
    } catch {
      return undefined;
    }
  }

  async writeNote(note: Note): Promise<void> {
    await this.#write(NOTE, [JSON.stringify(note)]);
  }

  /** The pieces from byte 0 on, without a gap. */
  async pieces(): Promise<File[]> {
    const found = new Map<number, File>();
    for await (const [name, handle] of this.#folder.entries()) {
      if (handle.kind === 'file' && /^\d+$/.test(name)) found.set(Number(name), await handle.getFile());
    }
    const pieces: File[] = [];
    let next = 0;
    for (let piece = found.get(next); piece && piece.size > 0; piece = found.get(next)) {
      pieces.push(piece);
      next += piece.size;
    }
    return pieces;
  }

  /** @param at byte of the file that the piece begins with */
  writePiece(at: number, piece: Blob): Promise<File> {
    return this.#write(String(at), [piece]);
  }

  /** Removes all that is in the folder. */
  async clear(): Promise<void> {
    await this.remove();
    this.#folder = await this.#parent.getDirectoryHandle(this.#folder.name, { create: true });
  }

  /** Removes the folder and all that is in it. */
  async remove(): Promise<void> {
    await this.#parent.removeEntry(this.#folder.name, { recursive: true });
  }

  async #write(name: string, content: BlobPart[]): Promise<File> {
    const handle = await this.#folder.getFileHandle(name, { create: true });
    const stream = await handle.createWritable();
    try {
      await stream.write(new Blob(content));
      await stream.close();
    } catch (error) {
      await stream.abort().catch(() => {});
      throw error;
    }
    return handle.getFile();
  }
}

/** The key of a file without a checksum: made of its address, which may be longer than the name of a folder. */
export async function keyOf(address: string): Promise<string> {
  const { sha256 } = await import('./sha256.ts');
  return `address-${hexadecimal(sha256(new TextEncoder().encode(address)))}`;
}

/** Deletes what is stored of an address under other keys: older versions, and parts of them. */
export async function forgetOthers(storage: FileSystemDirectoryHandle, key: string, address: string): Promise<void> {
  const old: string[] = [];
  for await (const other of storage.keys()) {
    const note = await (await PieceFolder.open(storage, other)).note();
    if (other !== key && note?.address === address) old.push(other);
  }
  for (const other of old) await unlessInHand(other, () => removeFolder(storage, other));
}

/** Removes a download that no other has in hand; one that is not there is none to be removed. */
export async function removeFolder(storage: FileSystemDirectoryHandle, key: string): Promise<void> {
  await storage.removeEntry(key, { recursive: true }).catch((error: Error) => {
    if (error.name !== 'NotFoundError') throw error;
  });
}

/** Bytes that the site may still store, as far as the browser says. */
export async function freeBytes(): Promise<number | undefined> {
  const { quota, usage = 0 } = (await globalThis.navigator?.storage?.estimate?.().catch(() => undefined)) ?? {};
  return quota === undefined ? undefined : Math.max(0, quota - usage);
}

/** Runs `work` while no other tab or worker of the site has the download of this key in hand. */
export function withDownload<T>(key: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks;
  return locks ? locks.request(lockName(key), signal ? { signal } : {}, work) : work();
}

/** Runs `work` unless another tab or worker of the site has the download of this key in hand. */
async function unlessInHand(key: string, work: () => Promise<void>): Promise<void> {
  await navigator.locks.request(lockName(key), { ifAvailable: true }, async (lock) => {
    if (lock) await work();
  });
}

const lockName = (key: string): string => `${ROOT}/${key}`;
