import { WINDOWS_1252 } from './unescape.ts';

/** An encoding of one byte a character. */
export interface Encoding {
  /** The label that `TextDecoder` knows it by, else a name. */
  readonly name: string;
  /** The character of each byte. */
  readonly characters: readonly string[];
  /** Byte 0x1A stands for U+FFFD, which lost its byte. */
  readonly holdsLost: boolean;
}

/** Bytes as characters up to U+00FF, so that patterns can look for them: Latin-1. */
const bytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));

const CP437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐' +
  '└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\xa0';

/** The encodings that UTF-8 is mistaken for, in the order in which ftfy tries them. */
export function mistakenEncodings(): Encoding[] {
  return [
    { name: 'latin1', characters: bytes, holdsLost: false },
    // Node 20 decodes this one as Latin-1.
    encoding('windows-1252', [...bytes.slice(0, 0x80), ...WINDOWS_1252, ...bytes.slice(0xa0)], true),
    ...[1251, 1250, 1253, 1254, 1257].map((page) => encoding(`windows-${page}`, decoded(`windows-${page}`), true)),
    encoding('iso-8859-2', decoded('iso-8859-2')),
    encoding('macintosh', decoded('macintosh')),
    encoding('cp437', [...bytes.slice(0, 0x80), ...CP437]),
  ];
}

const encoding = (name: string, characters: readonly string[], holdsLost = false): Encoding => ({
  name,
  characters: characters.map((character, byte) => (holdsLost && byte === 0x1a ? '\ufffd' : character)),
  holdsLost,
});

/** Bytes that an encoding leaves without a character stand for themselves, as in Latin-1. */
const decoded = (label: string): string[] =>
  [...new TextDecoder(label).decode(Uint8Array.from(bytes, (_, byte) => byte))].map((character, byte) =>
    character === '\ufffd' ? bytes[byte] : character,
  );
