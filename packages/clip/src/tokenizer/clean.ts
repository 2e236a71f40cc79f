import { decodeHTML } from 'entities';

// Python's `html.unescape` takes at most 32 characters for a name, the length of the longest one.
const CHARACTER_REFERENCE = /&(?:#([0-9]+);?|#[xX]([0-9a-fA-F]+);?|[^\t\n\f <&#;]{1,32};?)/gu;

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

/** `html.unescape` of Python 3. */
export function unescapeHtml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(CHARACTER_REFERENCE, (reference, decimal?: string, hexadecimal?: string) => {
    const code = decimal ? Number(decimal) : hexadecimal ? Number(`0x${hexadecimal}`) : undefined;
    if (code === undefined) return decodeHTML(reference);
    if (isDropped(code)) return '';
    return decodeHTML(`&#${Math.min(code, 0x110000)};`);
  });
}

// `str.strip()` also takes the four separator controls for white space, U+001C to U+001F. The `\s` of Python's `regex` is
// \p{White_Space}, where JavaScript's has U+FEFF and lacks U+0085.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is meant
const OUTER_SPACE = /^[\p{White_Space}\x1c-\x1f]+|[\p{White_Space}\x1c-\x1f]+$/gu;
const SPACES = /\p{White_Space}+/gu;

/**
 * What CLIP's tokenizer does to a text before it splits it: HTML character references twice, white space, lower case
 * (`basic_clean` and `whitespace_clean` of openai/CLIP `simple_tokenizer.py`). The original also repairs mojibake with
 * `ftfy.fix_text`, which leaves ASCII alone; that step is not here.
 */
export function cleanText(text: string): string {
  const unescaped = unescapeHtml(unescapeHtml(text)).replace(OUTER_SPACE, '');
  return unescaped.replace(SPACES, ' ').replace(OUTER_SPACE, '').toLowerCase();
}
