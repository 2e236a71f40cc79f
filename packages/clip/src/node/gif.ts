/** The facts by which PIL colours a GIF's first frame. */
export interface GifHeader {
  /** Red, green and blue of the palette's first entry; undefined for greys in their order, which PIL opens as grey. */
  readonly paletteFirst?: readonly number[];
  /** The colour of the entry that is transparent elsewhere; PIL shows it, also where the frame has no pixels. */
  readonly hidden: readonly number[];
}

const frameStart = 0x2c;
const extensionStart = 0x21;
const graphicControl = 0xf9;

/** The header of a GIF's first frame; undefined for another format. Leaves damage to the decoder. */
export function readGifHeader(file: Uint8Array): GifHeader | undefined {
  if (!/^GIF8[79]a$/.test(String.fromCharCode(...file.subarray(0, 6)))) return undefined;
  /** The palette that `flags` announce, at `at`. */
  const paletteAt = (flags: number, at: number) =>
    file.subarray(at, flags & 0x80 ? at + 3 * 2 ** ((flags & 7) + 1) : at);
  const shared = paletteAt(file[10], 13);
  let hidden = 0;
  let at = 13 + shared.length;
  while (file[at] === extensionStart) {
    if (file[at + 1] === graphicControl && file[at + 3] & 1) hidden = file[at + 6];
    at += 2;
    while (file[at]) at += file[at] + 1; // blocks, each after its length
    at++;
  }
  if (file[at] !== frameStart) return undefined;
  const own = paletteAt(file[at + 9], at + 10);
  const palette = own.length > 0 ? own : shared;
  if (palette.every((value, i) => value === Math.trunc(i / 3))) return { hidden: [hidden, hidden, hidden] };
  const entry = (index: number) => [0, 1, 2].map((c) => palette[3 * index + c] ?? 0);
  return { paletteFirst: entry(0), hidden: entry(hidden) };
}
