/**
 * Bytes that are read in ranges: a file on disk, a Blob, an array in memory. Weight files may be too large for memory.
 */
export interface ByteSource {
  /** Name in errors: a path, a URL. */
  readonly name: string;
  /** Size in bytes. */
  readonly size: number;
  /** Exactly `length` bytes. @throws RangeError when they are not all there */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/** @throws RangeError naming the source, unless it holds `length` bytes at `offset` */
export function expectRange({ name, size }: Pick<ByteSource, 'name' | 'size'>, offset: number, length: number): void {
  const fits = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (fits && offset + length <= size) return;
  throw new RangeError(`${name}: bytes ${offset} to ${offset + length} are outside of its ${size} bytes.`);
}

/** An array as a source. Reading gives views of it. */
export function memorySource(bytes: Uint8Array, name: string): ByteSource {
  const { length: size } = bytes;
  return {
    name,
    size,
    async read(offset, length) {
      expectRange({ name, size }, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
}

/** A Blob as a source: in a browser, a file that the user has chosen. Reading throws where it was changed or deleted. */
export function blobSource(blob: Blob, name: string): ByteSource {
  const { size } = blob;
  return {
    name,
    size,
    async read(offset, length) {
      expectRange({ name, size }, offset, length);
      const bytes = blob.slice(offset, offset + length).arrayBuffer();
      return new Uint8Array(
        await bytes.catch((cause: Error) => {
          throw new Error(`${name} was changed or deleted, open it again: ${cause.message}`, { cause });
        }),
      );
    },
  };
}
