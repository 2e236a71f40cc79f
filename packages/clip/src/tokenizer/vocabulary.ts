import { named } from '../weights/named.ts';
import { standIn } from '../weights/recognize.ts';

/**
 * CLIP's vocabulary as text, for `createTokenizer`, from `assets/clip-vocabulary.txt.gz`.
 * Bytes that a web server has already decompressed (`Content-Encoding: gzip`) are taken as they are.
 * @throws Error saying what the bytes are, where a server has sent a page for it, or Git LFS has left a pointer
 */
export async function readVocabulary(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const other = standIn(bytes);
  if (other !== undefined) throw new Error(`expected CLIP's vocabulary (clip-vocabulary.txt.gz), found ${other}.`);
  if (!isGzip) return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(stream).text();
}

/**
 * Fetches a vocabulary for `createTokenizer`. Throws when the response is not a success, naming the address and the
 * status, or is something else.
 */
export async function fetchVocabulary(url: string | URL): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) {
    throw new Error(
      `${url}: expected CLIP's vocabulary (clip-vocabulary.txt.gz), got HTTP ${response.status}. ` +
        'Serve the file from the assets folder of @webcir/clip at that address.',
    );
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  return named(String(url), () => readVocabulary(bytes));
}
