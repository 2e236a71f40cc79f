import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { readSafetensors, type Safetensors, safetensorsPieces } from '../safetensors.ts';

/** Bytes of one read or write call; Node takes less than 2 GiB. */
const CALL_BYTES = 1 << 30;

/**
 * Writes a file so that `path` never holds half of it, whatever happens: to a temporary file beside it, to the disk,
 * then renamed over it.
 */
export async function writeFileAtomic(path: string, pieces: Uint8Array | Iterable<Uint8Array>): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, 'wx');
  try {
    try {
      for (const piece of pieces instanceof Uint8Array ? [pieces] : pieces) {
        for (let at = 0; at < piece.length; ) {
          at += (await file.write(piece, at, Math.min(piece.length - at, CALL_BYTES))).bytesWritten;
        }
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Reads a whole file, also one above the 2 GiB that `fs.readFile` takes. */
async function readWholeFile(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    for (let at = 0; at < bytes.length; ) {
      const { bytesRead } = await file.read(bytes, at, Math.min(bytes.length - at, CALL_BYTES), at);
      if (bytesRead === 0) throw new Error(`the file ended at byte ${at} of ${bytes.length} while it was read.`);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** `readSafetensors` of a file. Throws what that throws, with the path before it. */
export async function readSafetensorsFile(path: string): Promise<Safetensors> {
  try {
    return readSafetensors(await readWholeFile(path));
  } catch (cause) {
    throw new Error(`${path}: ${(cause as Error).message}`, { cause });
  }
}

/** Writes a safetensors file atomically. */
export function writeSafetensorsFile(path: string, file: Safetensors): Promise<void> {
  return writeFileAtomic(path, safetensorsPieces(file));
}
