import { openSiteStorage, PieceFolder, removeFolder, withDownload } from './site-storage.ts';

/** A file, or a part of one, that `storedSource` keeps. */
export interface StoredFile {
  /** What to `forgetStored`: the checksum that the file was asked for with, or a name made of its address. */
  readonly key: string;
  readonly address: string;
  /** Bytes that are there. */
  readonly bytes: number;
  /** Size of the whole file, where it is known. */
  readonly size: number | undefined;
  /** Whether all of it is there. */
  readonly isWhole: boolean;
}

/** What `storedSource` keeps for this site, downloads that are not finished included. */
export async function storedFiles(): Promise<StoredFile[]> {
  const files: StoredFile[] = [];
  const storage = await openSiteStorage();
  if (!storage) return files;
  for await (const key of storage.keys()) {
    const folder = await PieceFolder.open(storage, key);
    const { address = '', size, sha256 } = (await folder.note()) ?? {};
    const bytes = (await folder.pieces()).reduce((sum, piece) => sum + piece.size, 0);
    files.push({ key, address, bytes, size, isWhole: sha256 !== undefined });
  }
  return files;
}

/**
 * Deletes a stored file; sources of it that are in use can no longer be read. Waits for a download of it to end.
 * @param key as `storedFiles` names it; a file that is not there is none to be deleted
 */
export async function forgetStored(key: string): Promise<void> {
  const storage = await openSiteStorage();
  if (storage) await withDownload(key, undefined, () => removeFolder(storage, key));
}
