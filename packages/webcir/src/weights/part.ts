import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename } from 'node:path';
import { START_BYTES } from '@webcir/clip';
import { lock } from '@webcir/clip/node';
import { DownloadError } from './client.ts';

/** What a server says about a file. */
export interface Entity {
  /** A strong ETag, which changes with every byte. */
  readonly etag?: string;
  /** Size in bytes. */
  readonly size?: number;
  readonly sha256?: string;
}

/**
 * A file on its way: FILE.part grows, and FILE.part.json says what it is a part of, so that another run can go on with
 * it, even after this one was killed. Writes are synchronous: when a connection breaks, a stream drops what it has
 * received but not yet handed on, so nothing may wait in one.
 */
export class Part {
  /** FILE.part */
  readonly path: string;
  readonly #file: number;
  readonly #url: string;
  readonly #unlock: () => void;
  #hash = createHash('sha256');
  bytes = 0;
  entity: Entity = {};
  /** Whether it came over more than one connection. */
  inPieces = false;

  private constructor(target: string, url: string) {
    this.path = `${target}.part`;
    const path = `${target}.part.lock`;
    this.#unlock = lock(
      path,
      (holder) =>
        new DownloadError(
          `${basename(target)} is being fetched by process ${holder}: wait for it, ` +
            `or delete ${path} if that is something else`,
        ),
    );
    this.#file = openSync(this.path, constants.O_RDWR | constants.O_CREAT);
    this.#url = url;
  }

  /**
   * Opens what an earlier run left of the same address, and reads it for the checksum; else starts anew.
   * @throws DownloadError while another process has it open
   */
  static async open(target: string, url: string): Promise<Part> {
    const part = new Part(target, url);
    const { url: before, ...entity } = readNote(`${part.path}.json`);
    if (before === url) {
      part.entity = entity;
      part.bytes = await hashFile(part.path, part.#hash);
      part.inPieces = part.bytes > 0;
    } else {
      part.restart();
    }
    return part;
  }

  restart(): void {
    ftruncateSync(this.#file);
    this.#hash = createHash('sha256');
    this.bytes = 0;
    this.entity = {};
    this.inPieces = false;
  }

  describe(entity: Entity): void {
    this.entity = entity;
    writeFileSync(`${this.path}.json`, JSON.stringify({ url: this.#url, ...entity }));
  }

  /** @throws naming the file, when the disk is full for instance */
  append(chunk: Uint8Array): void {
    try {
      for (let at = 0; at < chunk.length; ) at += writeSync(this.#file, chunk, at, chunk.length - at, this.bytes + at);
    } catch (cause) {
      throw new Error(`${this.path}: ${(cause as Error).message}`, { cause });
    }
    this.#hash.update(chunk);
    this.bytes += chunk.length;
  }

  /** The first bytes, from which the file is recognized. */
  start(): Uint8Array {
    const bytes = new Uint8Array(Math.min(this.bytes, START_BYTES));
    readSync(this.#file, bytes, 0, bytes.length, 0);
    return bytes;
  }

  sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  /** Gives the file its name, once it is whole. */
  finish(target: string): void {
    fsyncSync(this.#file);
    renameSync(this.path, target);
    rmSync(`${this.path}.json`, { force: true });
  }

  /** Closes the part, and leaves no file behind when nothing has come. */
  close(): void {
    closeSync(this.#file);
    if (this.bytes === 0) for (const path of [this.path, `${this.path}.json`]) rmSync(path, { force: true });
    this.#unlock();
  }
}

/** Reads the note beside a part; empty where it cannot be read, so that the part is started anew. */
function readNote(path: string): Entity & { url?: string } {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

async function hashFile(path: string, hash: ReturnType<typeof createHash>): Promise<number> {
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return bytes;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await hashFile(path, hash);
  return hash.digest('hex');
}
