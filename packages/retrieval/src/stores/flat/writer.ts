import type { Appender, StoreFiles } from './files.ts';

/** The journal of a store that is open for writing. */
export class Writer {
  readonly #files: StoreFiles;
  readonly #unlock: () => void;
  #journal: string;
  #length: number;
  #appender: Appender | undefined;
  #failure: unknown;

  private constructor(files: StoreFiles, journal: string, length: number, unlock: () => void) {
    this.#files = files;
    this.#journal = journal;
    this.#length = length;
    this.#unlock = unlock;
  }

  static async open(files: StoreFiles, journal: string, length: number, unlock: () => void): Promise<Writer> {
    const writer = new Writer(files, journal, length, unlock);
    await writer.#open();
    return writer;
  }

  /** @throws what the disk says; the next call first cuts off what is left of the record */
  async append(record: Uint8Array): Promise<void> {
    this.#expectWhole();
    const appender = this.#appender ?? (await this.#open());
    try {
      await appender.append(record);
    } catch (error) {
      this.#appender = undefined;
      await appender.close().catch(() => {});
      throw error;
    }
    this.#length += record.length;
  }

  /**
   * Does what replaces the manifest. Where it fails, nobody knows which one is there: nothing more is written, and
   * whoever opens the store finds out.
   */
  async guard<T>(work: () => Promise<T>): Promise<T> {
    this.#expectWhole();
    try {
      return await work();
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  async turnTo(journal: string): Promise<void> {
    await this.#appender?.close();
    this.#appender = undefined;
    this.#journal = journal;
    this.#length = 0;
  }

  async close(): Promise<void> {
    await this.#appender?.close();
    this.#unlock();
  }

  async #open(): Promise<Appender> {
    this.#appender = await this.#files.append(this.#journal, this.#length);
    return this.#appender;
  }

  #expectWhole(): void {
    if (this.#failure === undefined) return;
    throw new Error(`${this.#files.name}: an earlier write failed: close the store and open it again`, {
      cause: this.#failure,
    });
  }
}
