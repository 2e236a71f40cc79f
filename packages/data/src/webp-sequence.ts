/**
 * WebP files one after another: each says its own length (RIFF), so that no index is needed.
 * @param name what to call the file in an error
 * @returns the files, as views
 * @throws naming the place at which no whole WebP file begins
 */
export function readWebpSequence(bytes: Uint8Array<ArrayBuffer>, name: string): Uint8Array<ArrayBuffer>[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isAt = (text: string, at: number) => [...text].every((c, i) => bytes[at + i] === c.charCodeAt(0));
  const files: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; ) {
    const isWebp = at + 12 <= bytes.length && isAt('RIFF', at) && isAt('WEBP', at + 8);
    const end = isWebp ? at + 8 + view.getUint32(at + 4, true) : 0;
    if (!isWebp || end > bytes.length) {
      throw new Error(
        `${name}: expected a whole WebP file (RIFF) at byte ${at} of ${bytes.length}, which is image ${files.length}; ` +
          'is it cut short?',
      );
    }
    files.push(bytes.subarray(at, end));
    at = end;
  }
  return files;
}
