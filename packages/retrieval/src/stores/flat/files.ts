import type { ByteSource } from '@webcir/clip';

/** A file of a store that is open for reading, and stays readable when it is removed. */
export interface OpenFile extends ByteSource {
  close(): Promise<void>;
}

/** A file that grows. */
export interface Appender {
  /** Adds bytes, which are there for good when this resolves. */
  append(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * The folder of a store: all that it asks of a file system, so that the same store lies on a disk in Node and in memory
 * in a page.
 */
export interface StoreFiles {
  /** Of the folder, in errors. */
  readonly name: string;
  /** A small file, whole; undefined where there is none. */
  read(file: string): Promise<Uint8Array | undefined>;
  open(file: string): Promise<OpenFile>;
  /** Makes or replaces a file: all of it is there for good when this resolves, and nothing of it before. */
  write(file: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>;
  /** Opens a file for appending, cut to its first bytes. */
  append(file: string, length: number): Promise<Appender>;
  /** Removes a file, if it is there. */
  remove(file: string): Promise<void>;
  list(): Promise<string[]>;
  /** Keeps other writers away. @throws Error naming who is at it */
  lock(): Promise<() => void>;
}
