import type { CharacterReferences } from './references.ts';

// Python's `html.unescape` takes at most 32 characters for a name, the length of the longest one.
const CHARACTER_REFERENCE = /&(?:#([0-9]+);?|#[xX]([0-9a-fA-F]+);?|([^\t\n\f <&#;]{1,32};?))/gu;

/** Characters of the bytes 0x80 to 0x9f in Windows-1252; those without one stay control characters. */
export const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** Controls and non-characters, which Python's `html.unescape` deletes and HTML's own algorithm keeps. */
function isDropped(code: number): boolean {
  return (
    (code >= 0x1 && code <= 0x8) ||
    code === 0xb ||
    (code >= 0xe && code <= 0x1f) ||
    code === 0x7f ||
    (code >= 0xfdd0 && code <= 0xfdef) ||
    (code <= 0x10ffff && (code & 0xfffe) === 0xfffe)
  );
}

function numbered(code: number): string {
  if (isDropped(code)) return '';
  if (code === 0 || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return '\ufffd';
  return code >= 0x80 && code <= 0x9f ? WINDOWS_1252[code - 0x80] : String.fromCodePoint(code);
}

/** The longest name that the text begins with decides, as in `&notit;`, which is ¬ and 'it;'. */
function named(text: string, references: CharacterReferences): string {
  for (let length = text.length; length > 1; length--) {
    const found = references.get(text.slice(0, length));
    if (found !== undefined) return found + text.slice(length);
  }
  return `&${text}`;
}

/** `html.unescape` of Python 3. */
export function unescapeHtml(text: string, references: CharacterReferences): string {
  return text.replace(CHARACTER_REFERENCE, (_, decimal?: string, hexadecimal?: string, name = '') => {
    if (decimal) return numbered(Number(decimal));
    return hexadecimal ? numbered(Number(`0x${hexadecimal}`)) : named(name, references);
  });
}
