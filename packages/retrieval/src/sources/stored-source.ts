import { type ByteSource, blobSource } from '@webcir/clip';
import { ask, sameVersion, versionOf } from './ask.ts';
import { Download } from './download.ts';
import { type OnDownload, reporter } from './progress.ts';
import { forgetOthers, keyOf, type Note, openSiteStorage, PieceFolder, withDownload } from './site-storage.ts';

/** Options of `storedSource`. */
export interface StoredOptions {
  /**
   * Checksum of the file, 64 hexadecimal digits. With it, a file that is stored is used without asking anybody, and
   * whatever else comes is refused.
   */
  readonly sha256?: string;
  /** Size of the file in bytes, where it is known beforehand. */
  readonly size?: number;
  /** Called a few times a second, and once all is there: also when it was there before. */
  readonly onProgress?: OnDownload;
  /** Told, in a sentence, why a file is held in memory instead of being stored. */
  readonly onNote?: (note: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * A file that is downloaded once, and then stays with the page: in the site's origin-private file system, under its
 * checksum, or its address where no checksum is given. A download that was cut, by the network or because the tab was
 * closed, goes on where it stopped, also in a later visit; tabs that need the same file download it once.
 *
 * What is stored of the same address under another checksum is deleted then.
 *
 * Without a checksum, the server is asked whether the file that is stored is still the one that it has; where it cannot
 * be asked, the stored one is used.
 *
 * Where nothing can be stored (an insecure page, a private window, Node) or too little room is left, the file is held
 * in memory, and `onNote` hears of it: a search works all the same. A browser may delete what sites have stored when
 * disks are full, unless the page has asked for `navigator.storage.persist()`.
 *
 * @throws Error naming the address, where it does not answer, answers with an error, or gives another file than the
 *   checksum says; RangeError for a checksum that is none; what `signal` is aborted with
 */
export async function storedSource(address: string | URL, options: StoredOptions = {}): Promise<ByteSource> {
  const { size, onNote, signal } = options;
  const sha256 = checksum(options.sha256);
  const name = new URL(address, globalThis.location?.href).href;
  const report = reporter(options.onProgress);
  const key = sha256 ?? (await keyOf(name));
  const file = await withDownload(key, signal, async () => {
    const storage = await openSiteStorage();
    if (!storage) {
      onNote?.(
        `${name}: files cannot be stored here (is it an insecure page, or a private window?): the file is held in ` +
          'memory, and fetched again next time',
      );
    }
    const folder = storage && (await PieceFolder.open(storage, key));
    const stored = folder && (await wholeFile(folder, sha256 === undefined ? name : undefined, signal));
    if (stored) {
      report({ address: name, loaded: stored.size, total: stored.size });
      return stored;
    }
    const download = await Download.open({ address: name, sha256, size, report, onNote }, folder);
    // The browser's own cache would keep it a second time.
    const fetched = await download.finish({ signal, cache: 'no-store' });
    if (storage) await forgetOthers(storage, key, name);
    return fetched;
  });
  return blobSource(file, name);
}

/**
 * The file that is stored, if all of it is.
 * @param address is asked for a newer version, if given
 */
async function wholeFile(
  folder: PieceFolder,
  address: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Blob | undefined> {
  const note = await folder.note();
  if (note?.sha256 === undefined) return undefined;
  const file = new Blob(await folder.pieces());
  const isWhole = file.size === note.size && (address === undefined || (await isCurrent(address, note, signal)));
  if (isWhole) return file;
  await folder.clear();
  return undefined;
}

/** Whether a server has no other version than the stored one, as far as it can be asked. */
async function isCurrent(address: string, note: Note, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    // As the download was asked for, so that neither answer is about a compressed file.
    const headers = { range: 'bytes=0-' };
    const response = await ask(address, { method: 'HEAD', headers, cache: 'no-store', ...(signal && { signal }) });
    return sameVersion(note, versionOf(response)) ?? false;
  } catch {
    signal?.throwIfAborted();
    return true;
  }
}

/** @throws RangeError where it is not a SHA-256 */
function checksum(sha256: string | undefined): string | undefined {
  if (sha256 === undefined || /^[0-9a-f]{64}$/i.test(sha256)) return sha256?.toLowerCase();
  throw new RangeError(`sha256: expected 64 hexadecimal digits, found '${sha256}'`);
}
