import { START_BYTES, standIn } from '@webcir/clip';
import type { Answer, Version } from './ask.ts';
import { hexadecimal } from './hexadecimal.ts';
import type { OnDownload } from './progress.ts';
import { eachChunk, type ReceiveOptions, receive, type Sink } from './receive.ts';
import { freeBytes, type PieceFolder } from './site-storage.ts';

/** What is known of a file before it comes, and who hears of it. */
export interface DownloadFacts {
  readonly address: string;
  /** Checksum of the file. */
  readonly sha256?: string | undefined;
  /** Its size in bytes. */
  readonly size?: number | undefined;
  readonly report: OnDownload;
  /** Told, in a sentence, why the file is not kept. */
  readonly onNote?: ((note: string) => void) | undefined;
}

/** A checksum in the making: WebCrypto hashes nothing in pieces. */
interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** Bytes that are gathered before they are stored: what is lost, at most, when a tab is closed. */
const PIECE_BYTES = 8 << 20;

/**
 * A file on its way, in pieces: in a folder of the page's file system while there is room, or in memory. The file is a
 * Blob of them, which a browser need not hold in memory either.
 */
export class Download implements Sink {
  readonly #facts: DownloadFacts;
  readonly #newHash: () => Hash;
  #hash: Hash;
  /** Undefined in memory. */
  #folder: PieceFolder | undefined;
  #pieces: Blob[] = [];
  #gathered: Uint8Array<ArrayBuffer>[] = [];
  #gatheredBytes = 0;
  #storing: Promise<void> = Promise.resolve();
  /** Whether it came over more than one connection. */
  #inPieces = false;
  next = 0;
  version: Version | undefined;

  private constructor(facts: DownloadFacts, folder: PieceFolder | undefined, newHash: () => Hash) {
    this.#facts = facts;
    this.#folder = folder;
    this.#newHash = newHash;
    this.#hash = newHash();
  }

  /** Opens what an earlier download of the same file left, and reads it for the checksum. */
  static async open(facts: DownloadFacts, folder: PieceFolder | undefined): Promise<Download> {
    const { sha256 } = await import('./sha256.ts');
    const download = new Download(facts, folder, () => sha256.create());
    const note = await folder?.note();
    if (folder && note) {
      download.version = note;
      download.#pieces = await folder.pieces();
      for (const piece of download.#pieces) {
        await eachChunk(piece.stream(), (bytes) => void download.#hash.update(bytes));
        download.next += piece.size;
      }
    }
    return download;
  }

  get end(): number | undefined {
    return this.version?.size ?? this.#facts.size;
  }

  get isChecked(): boolean {
    return this.#facts.sha256 !== undefined;
  }

  /**
   * Fetches what is missing, and marks the file as whole.
   * @throws NoAnswerError where the address gives nothing; Error where what it gives is another file
   */
  async finish(options: ReceiveOptions): Promise<Blob> {
    try {
      return await this.#finish(options);
    } catch (error) {
      if (this.next === 0) await this.#folder?.remove();
      throw error;
    }
  }

  async #finish(options: ReceiveOptions): Promise<Blob> {
    const { address } = this.#facts;
    this.#inPieces = this.next > 0;
    if (this.next === 0 || this.next !== this.end) await receive(address, this, options);
    const file = new Blob(this.#pieces);
    const sha256 = hexadecimal(this.#hash.digest());
    const problem = await this.#problemOf(file, sha256);
    if (problem === undefined) {
      const note = { ...this.version, address, size: this.next, sha256 };
      await this.#orInMemory((folder) => folder.writeNote(note));
      return new Blob(this.#pieces);
    }
    const inPieces = this.#inPieces;
    await this.restart();
    if (inPieces) return this.#finish(options); // each may be right, and of another version
    throw new Error(`${address}: ${problem}`);
  }

  async restart(): Promise<void> {
    this.#hash = this.#newHash();
    this.#pieces = [];
    this.next = 0;
    this.version = undefined;
    this.#inPieces = false;
    await this.#folder?.clear();
  }

  async accept({ version }: Answer): Promise<void> {
    const { address, size: expected = version.size } = this.#facts;
    if (version.size !== undefined && version.size !== expected) {
      throw new Error(`${address}: expected ${expected} bytes, found ${version.size}: is the address right?`);
    }
    this.#inPieces ||= this.next > 0;
    if (this.next === 0) {
      this.version = version;
      await this.#orInMemory((folder) => folder.writeNote({ ...version, address }));
    }
    const needed = (this.end ?? 0) - this.next;
    const free = this.#folder && (await freeBytes());
    if (free !== undefined && needed > free)
      await this.#moveToMemory(`${needed} bytes are needed, and this site may store ${free} more`);
    this.#report();
  }

  async take(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#hash.update(bytes);
    this.#gathered.push(bytes);
    this.#gatheredBytes += bytes.length;
    this.next += bytes.length;
    this.#report();
    if (this.#gatheredBytes < PIECE_BYTES) return;
    // A connection that breaks takes with it what was not read: reading goes on while a piece is written.
    await this.#storing;
    this.#storing = this.#storeGathered();
    this.#storing.catch(() => {}); // thrown when it is waited for
  }

  async pause(): Promise<void> {
    await this.#storing;
    await this.#storeGathered();
  }

  async #storeGathered(): Promise<void> {
    if (this.#gatheredBytes === 0) return;
    const at = this.next - this.#gatheredBytes;
    const piece = new Blob(this.#gathered);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    const stored = await this.#orInMemory((folder) => folder.writePiece(at, piece));
    this.#pieces.push(stored ?? piece);
  }

  #report(): void {
    this.#facts.report({ address: this.#facts.address, loaded: this.next, total: this.end });
  }

  /** Why this is not the file that was asked for. */
  async #problemOf(file: Blob, sha256: string): Promise<string | undefined> {
    const expected = this.#facts.sha256;
    if (sha256 === expected) return undefined;
    const other = standIn(new Uint8Array(await file.slice(0, START_BYTES).arrayBuffer()));
    if (other !== undefined) return `expected a file of weights, found ${other}`;
    if (expected === undefined) return undefined;
    return (
      `expected a file of the sha256 ${expected}, found ${sha256}: it was changed, or damaged on its way, and is not ` +
      'kept. Try again, or give the checksum of the file that is there now'
    );
  }

  /** Writes to the folder; where that fails, the download goes on in memory. */
  async #orInMemory<T>(write: (folder: PieceFolder) => Promise<T>): Promise<T | undefined> {
    if (!this.#folder) return undefined;
    try {
      return await write(this.#folder);
    } catch (error) {
      await this.#moveToMemory(`this site's storage takes no more (${(error as Error).message})`);
      return undefined;
    }
  }

  /** Takes what is stored into memory, and frees its room. */
  async #moveToMemory(reason: string): Promise<void> {
    const { address, onNote } = this.#facts;
    const folder = this.#folder;
    this.#folder = undefined;
    this.#pieces = await Promise.all(this.#pieces.map(async (piece) => new Blob([await piece.arrayBuffer()])));
    await folder?.remove();
    const size = this.end === undefined ? '' : ` of ${this.end} bytes`;
    onNote?.(`${address}: ${reason}: the file${size} is held in memory, and fetched again next time`);
  }
}
