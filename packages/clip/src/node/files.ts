import { randomUUID } from 'node:crypto';
import { existsSync, write } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { standIn } from '../weights/recognize.ts';
import { type SafetensorsContent, safetensorsPieces } from '../weights/safetensors.ts';
import { type Place, placeOf } from './place.ts';
import { readTextFile } from './text-file.ts';

/** Bytes per write call; Node accepts less than 2 GiB. */
const CALL_BYTES = 1 << 30;

type Pieces = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * Writes a file, and the folders that it lies in, so that `path` never holds half of it: to a temporary file beside it,
 * flushed to disk, then renamed over it. Links stay links: what they lead to is written. What is no file is not
 * replaced: the bytes go to the device, to the pipe, or to the output that `/dev/stdout` and `/dev/fd/N` name.
 * @throws Error naming the file and what is left of it, and whatever `pieces` throws
 */
export async function writeFileAtomic(path: string, pieces: Uint8Array | Pieces): Promise<void> {
  const all = pieces instanceof Uint8Array ? [pieces] : pieces;
  const place = await placeOf(path);
  if (place.kind === 'file') {
    const kept = place.mode === undefined ? 'nothing is left of it' : 'the file that was there is kept';
    return replaceFile(place, all, named(path, kept));
  }
  const failed = named(path, 'what was written before stays written');
  if (place.kind === 'descriptor') return writeTo(place.descriptor, all, failed);
  const file = await open(path, 'w').catch(failed);
  try {
    await append(file, all, failed);
  } finally {
    await file.close();
  }
}

/** Turns what the system says into an error that names the file. */
const named =
  (path: string, kept: string) =>
  (cause: Error): never => {
    throw new Error(`${path} cannot be written: ${cause.message}; ${kept}`, { cause });
  };
type Failed = ReturnType<typeof named>;

type PlaceOfFile = Extract<Place, { kind: 'file' }>;

async function replaceFile({ path, mode }: PlaceOfFile, pieces: Pieces, failed: Failed): Promise<void> {
  await mkdir(dirname(path), { recursive: true }).catch(failed);
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  const file = await open(temporary, 'wx').catch(failed);
  try {
    try {
      if (mode !== undefined) await file.chmod(mode & 0o777).catch(failed);
      await append(file, pieces, failed);
      await file.sync().catch(failed);
    } finally {
      await file.close();
    }
    await rename(temporary, path).catch(failed);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function append(file: FileHandle, pieces: Pieces, failed: Failed): Promise<void> {
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const { bytesWritten } = await file.write(piece, at, Math.min(piece.length - at, CALL_BYTES)).catch(failed);
      at += bytesWritten;
    }
  }
}

/** Writes to a file that this process holds open, where its last write ended. */
async function writeTo(descriptor: number, pieces: Pieces, failed: Failed): Promise<void> {
  const stream = [undefined, process.stdout, process.stderr][descriptor];
  for await (const piece of pieces) {
    for (let at = 0; at < piece.length; at += CALL_BYTES) {
      const part = piece.subarray(at, at + CALL_BYTES);
      // Node writes its own streams without blocking, so that the system's call would have to be repeated.
      if (stream === undefined) await writeAll(descriptor, part).catch(failed);
      else
        await new Promise<void>((done, fail) => void stream.write(part, (e) => (e ? fail(e) : done()))).catch(failed);
    }
  }
}

async function writeAll(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await promisify(write)(descriptor, bytes, at)).bytesWritten;
}

/** Writes a safetensors file as `writeFileAtomic` does, one tensor in memory at a time. */
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
