import { gzipSync } from 'node:zlib';

/** The same bytes on every machine. */
export function gzip(bytes: Uint8Array): Buffer {
  const out = gzipSync(bytes, { level: 9 });
  out[9] = 255; // the header's "operating system" byte: unknown
  return out;
}
