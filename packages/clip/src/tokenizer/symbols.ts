/**
 * The printable character that stands for each of the 256 byte values in CLIP's vocabulary, indexed by byte, and the
 * position of that byte's token in the vocabulary. (`bytes_to_unicode` of openai/CLIP `simple_tokenizer.py`.)
 *
 * Printable Latin-1 bytes stand for themselves and come first; the other 68 get the characters from U+0100 on.
 */
export function byteSymbols(): { symbols: string[]; ids: Uint8Array } {
  const printable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const order = [...bytes.filter(printable), ...bytes.filter((byte) => !printable(byte))];
  const symbols = new Array<string>(256);
  const ids = new Uint8Array(256);
  let next = 0x100;
  for (const [id, byte] of order.entries()) {
    symbols[byte] = String.fromCodePoint(printable(byte) ? byte : next++);
    ids[byte] = id;
  }
  return { symbols, ids };
}
