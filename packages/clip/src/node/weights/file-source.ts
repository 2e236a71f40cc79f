import { open, readlink, stat } from 'node:fs/promises';
import { type ByteSource, expectRange } from '../../weights/source.ts';

/** Bytes per read call; Node accepts less than 2 GiB. */
const CALL_BYTES = 1 << 30;

/**
 * A file as a source. It is open only during a read, so that nobody has to close it.
 * @throws when there is no such file
 */
export async function fileSource(path: string): Promise<ByteSource> {
  const { size, mtimeMs } = await readStat(path);
  return {
    name: path,
    size,
    async read(offset, length) {
      expectRange({ name: path, size }, offset, length);
      const file = await open(path, 'r');
      try {
        const now = await file.stat();
        if (now.size !== size || now.mtimeMs !== mtimeMs) throw new Error(`${path}: was changed while it was read.`);
        const bytes = new Uint8Array(length);
        for (let at = 0; at < length; ) {
          const { bytesRead } = await file.read(bytes, at, Math.min(length - at, CALL_BYTES), offset + at);
          if (bytesRead === 0) throw new Error(`${path}: ended at byte ${offset + at} of ${size} while it was read.`);
          at += bytesRead;
        }
        return bytes;
      } finally {
        await file.close();
      }
    },
  };
}

async function readStat(path: string): Promise<{ size: number; mtimeMs: number }> {
  try {
    const info = await stat(path);
    if (info.isFile()) return info;
    throw new Error(`expected a file, found ${info.isDirectory() ? 'a folder' : 'a device or a pipe'}.`);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new Error(`${path}: ${code === 'ENOENT' ? await absence(path) : message}`, { cause });
  }
}

/** Says why there is no file: a link may lead nowhere, as git-annex leaves them for files that are elsewhere. */
async function absence(path: string): Promise<string> {
  const target = await readlink(path).catch(() => undefined);
  if (target === undefined) return 'there is no such file.';
  const remedy = target.includes('/annex/objects/') ? 'run `git annex get` with its path' : 'make it anew';
  return `expected a file, found a link to ${target}, which is not there: ${remedy}.`;
}
