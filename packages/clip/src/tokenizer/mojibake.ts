import { isMojibake } from './badness.ts';
import { type Encoding, mistakenEncodings } from './encodings.ts';
import { WINDOWS_1252 } from './unescape.ts';

// Bytes are characters up to U+00FF here. The patterns and their exceptions are those of ftfy 6.3.1 (`chardata.py`).

/** UTF-8 in which a byte 0xA0 has become a space, as far as that is likely. */
const SPACE_FOR_A0 = new RegExp(
  '[\xc2\xc3\xc5\xce\xd0\xd9] |[\xe2\xe3] [\x80-\x84\x86-\x9f\xa1-\xbf]|[\xe0-\xe3][\x80-\x84\x86-\x9f\xa1-\xbf] ' +
    '|\xf0 [\x80-\xbf]{2}|\xf0[\x80-\xbf] [\x80-\xbf]|\xf0[\x80-\xbf]{2} ',
  'g',
);
/** The French word à, which keeps its space; Portuguese words that begin with it are one word. */
const WORD_A_GRAVE = /\xc3 (?! |quele|quela|quilo|s )/g;
/** UTF-8 in which bytes were lost: 0x1A, and at most one question mark. */
const LOSSY = new RegExp(
  [
    '[\xc2-\xdf]\x1a|[\xc2\xc3]\\?',
    '\xed[\xa0-\xaf][\x1a?]\xed[\xb0-\xbf][\x1a?\x80-\xbf]|\xed[\xa0-\xaf][\x1a?\x80-\xbf]\xed[\xb0-\xbf][\x1a?]',
    '[\xe0-\xef][\x1a?][\x1a\x80-\xbf]|[\xe0-\xef][\x1a\x80-\xbf][\x1a?]',
    '[\xf0-\xf4][\x1a?][\x1a\x80-\xbf]{2}|[\xf0-\xf4][\x1a\x80-\xbf][\x1a?][\x1a\x80-\xbf]',
    '[\xf0-\xf4][\x1a\x80-\xbf]{2}[\x1a?]|\x1a',
  ].join('|'),
  'g',
);
const REPLACEMENT_CHARACTER = '\xef\xbf\xbd';
/** UTF-16 pairs in UTF-8 (CESU-8). */
const SURROGATE_PAIR = /\xed([\xa0-\xaf])([\x80-\xbf])\xed([\xb0-\xbf])([\x80-\xbf])/g;
const C1 = /[\x80-\x9f]/g;

/** Control characters of Latin-1 as the characters that Windows-1252 has in their place. */
const withoutC1 = (text: string): string => text.replace(C1, (control) => WINDOWS_1252[control.charCodeAt(0) - 0x80]);

/**
 * Makes `ftfy.fix_encoding` of ftfy 6.3.1 with its default settings: a text that looks like UTF-8 read in another
 * encoding, once or several times, in all or in parts, becomes what it was.
 */
export function mojibakeFixer(): (text: string) => string {
  const encodings = mistakenEncodings();
  const encoders = encodings.map(encoderOf);
  const looksLikeUtf8 = utf8Pattern(encodings);

  const fixOnce = (text: string): string => {
    if (!isMojibake(text)) return text;
    for (const encode of encoders) {
      const decoded = encode(text);
      if (decoded !== undefined) return decoded;
    }
    const inParts = text.replace(looksLikeUtf8, (part) =>
      part.length < text.length && isMojibake(part) ? fix(part) : part,
    );
    return inParts === text ? withoutC1(text) : inParts;
  };
  const fix = (text: string): string => {
    const fixed = fixOnce(text);
    return fixed === text ? text : fix(fixed);
  };
  return fix;
}

/** Reads a text that was read in the given encoding as UTF-8; undefined if it cannot be. */
function encoderOf({ name, characters, holdsLost }: Encoding): (text: string) => string | undefined {
  const byteOf = new Map(characters.map((character, byte) => [character, String.fromCharCode(byte)]));
  return (text) => {
    let bytes = '';
    for (const character of text) {
      const byte = byteOf.get(character);
      if (byte === undefined) return undefined;
      bytes += byte;
    }
    // In Mac Roman an en dash and a space would pass for one.
    if (name !== 'macintosh') {
      bytes = bytes.replace(WORD_A_GRAVE, '\xc3\xa0 ').replace(SPACE_FOR_A0, (part) => part.replaceAll(' ', '\xa0'));
    }
    return decodeUtf8(holdsLost ? bytes.replace(LOSSY, REPLACEMENT_CHARACTER) : bytes);
  };
}

/** Decodes UTF-8, CESU-8 and Java's two bytes for U+0000; undefined for other bytes. */
function decodeUtf8(bytes: string): string | undefined {
  const plain = bytes.replaceAll('\xc0\x80', '\0').replace(SURROGATE_PAIR, (pair) => {
    const [, a, b, , c, d] = Array.from(pair, (byte) => byte.charCodeAt(0));
    const code = 0x10000 + ((a & 0xf) << 16) + ((b & 0x3f) << 10) + ((c & 0xf) << 6) + (d & 0x3f);
    const tail = [12, 6, 0].map((shift) => 0x80 | ((code >> shift) & 0x3f));
    return String.fromCharCode(0xf0 | (code >> 18), ...tail);
  });
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return decoder.decode(Uint8Array.from(plain, (byte) => byte.charCodeAt(0)));
  } catch {
    return undefined;
  }
}

/**
 * Characters in a row that would be UTF-8 if each were its byte in one of the encodings of letters, not after one that
 * would be the rest of a longer garble.
 */
function utf8Pattern(encodings: readonly Encoding[]): RegExp {
  const letters = encodings.filter(({ name }) => name === 'latin1' || name.startsWith('windows'));
  const from = (first: number, last: number) =>
    [...new Set(letters.flatMap(({ characters }) => characters.slice(first, last + 1)))].join('');
  const next = from(0x80, 0xbf);
  // Of the first bytes of four, those of characters in use: emoji, and the tags in some of them.
  const firstOfFour = from(0xf0, 0xf0) + from(0xf3, 0xf3);
  const strict = next.replace(/[‚„…‘’“”•–—―]/g, '');
  const sequences = `[${from(0xc2, 0xdf)}][${next} ]|[${from(0xe0, 0xef)}][${next} ]{2}|[${firstOfFour}][${next} ]{3}`;
  return new RegExp(`(?<![${strict}])(?:${sequences})+`, 'gu');
}
