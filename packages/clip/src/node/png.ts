/** The facts by which PIL chooses an image's mode, from the chunks before the pixels. */
export interface PngHeader {
  readonly bitDepth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  readonly colorType: number;
  /** First palette entry, red, green, blue; black without a palette. */
  readonly paletteFirst: readonly [number, number, number];
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** The header of a PNG file, or undefined for another format. Leaves damage to the decoder. */
export function readPngHeader(file: Uint8Array): PngHeader | undefined {
  if (file.length < 33 || SIGNATURE.some((byte, i) => file[i] !== byte)) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let paletteFirst: readonly [number, number, number] = [0, 0, 0];
  for (let at = 8; at + 12 <= file.length; ) {
    const length = view.getUint32(at);
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (type === 'IDAT') break;
    if (type === 'PLTE' && length >= 3) paletteFirst = [file[at + 8], file[at + 9], file[at + 10]];
    at += 12 + length;
  }
  return { bitDepth: file[24], colorType: file[25], paletteFirst };
}
