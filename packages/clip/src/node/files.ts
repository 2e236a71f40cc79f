import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { standIn } from '../weights/recognize.ts';
import { type SafetensorsContent, safetensorsPieces } from '../weights/safetensors.ts';
import { readTextFile } from './text-file.ts';

/** Bytes per write call; Node accepts less than 2 GiB. */
const CALL_BYTES = 1 << 30;

type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes a file so that `path` never holds half of it: to a temporary file beside it, flushed to disk, then renamed
 * over it.
 */
export async function writeFileAtomic(path: string, pieces: Uint8Array | Pieces): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  const file = await open(temporary, 'wx');
  try {
    try {
      for await (const piece of pieces instanceof Uint8Array ? [pieces] : pieces) {
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

/** Writes a safetensors file atomically, one tensor in memory at a time. */
export function writeSafetensorsFile(path: string, file: SafetensorsContent): Promise<void> {
  return writeFileAtomic(path, safetensorsPieces(file));
}

/**
 * Reads a JSON file; undefined where there is none.
 * @throws Error naming the file
 */
export async function readJson<T>(path: string): Promise<T | undefined> {
  if (!existsSync(path)) return undefined;
  const text = await readTextFile(path);
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    const found = standIn(new TextEncoder().encode(text));
    const problem = found === undefined ? `is not JSON: ${(cause as Error).message}` : `expected JSON, found ${found}`;
    throw new Error(`${path}: ${problem}`, { cause });
  }
}
