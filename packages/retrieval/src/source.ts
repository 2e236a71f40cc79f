import { type ByteSource, blobSource, memorySource } from '@webcir/clip';

/**
 * A place that bytes come from: an address, a file that the user has chosen, memory, or a source of bytes that has been
 * opened (`storedSource`, `rangeSource`).
 */
export type Source = string | URL | Blob | Uint8Array<ArrayBuffer> | ArrayBuffer | ByteSource;

/** A network that is gone, a server that is not there and one that allows no other site look the same to a page. */
export const UNREACHABLE = 'is it online, and does the server allow this page (CORS)?';

/** Bytes of an answer that is kept in memory: reading a Blob takes a browser half a millisecond for each tensor. */
const keptBytes = 2 ** 24;

/**
 * Opens a source of bytes. An address is fetched whole, once, and held in memory: `storedSource` keeps it for the next
 * visit, `rangeSource` fetches only what is read.
 * @param what for errors: 'clip', 'combiner', ...
 * @throws Error naming the address, where there is no answer or it is not a success
 */
export async function openSource(source: Source, what: string): Promise<ByteSource> {
  if (source instanceof Blob) return blobSource(source, source instanceof File ? source.name : what);
  if (source instanceof Uint8Array) return memorySource(source, what);
  if (source instanceof ArrayBuffer) return memorySource(new Uint8Array(source), what);
  if (isByteSource(source)) return source;
  const response = await fetch(source).catch((cause: Error) => {
    throw new Error(`${what}: ${source} cannot be fetched (${cause.message}): ${UNREACHABLE}`, { cause });
  });
  if (!response.ok) throw new Error(`${what}: ${source} answered HTTP ${response.status}: is the address right?`);
  const blob = await response.blob();
  return blob.size > keptBytes
    ? blobSource(blob, String(source))
    : memorySource(new Uint8Array(await blob.arrayBuffer()), String(source));
}

/** Whether a value is something that `openSource` opens. */
export const isSource = (value: unknown): value is Source =>
  typeof value === 'string' ||
  value instanceof URL ||
  value instanceof Blob ||
  value instanceof Uint8Array ||
  value instanceof ArrayBuffer ||
  isByteSource(value);

const isByteSource = (value: unknown): value is ByteSource =>
  typeof value === 'object' && value !== null && 'read' in value && 'size' in value;
