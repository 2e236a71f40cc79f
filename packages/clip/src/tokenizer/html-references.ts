/** HTML's named character references, without their `&`: 'amp;', and old ones such as 'amp' too. */
export type HtmlReferences = ReadonlyMap<string, string>;

/**
 * Reads `name code code …` a line, codes in hexadecimal, as they stand in `clip-bpe-merges.txt.gz` behind the merges: as data they are
 * fetched with the vocabulary, and stay out of every page's code.
 * @throws Error naming the line
 */
export function readHtmlReferences(lines: readonly string[]): HtmlReferences {
  const references = new Map<string, string>();
  for (const line of lines) {
    const found = /^([^ &]+)((?: [0-9a-f]+)+)$/.exec(line);
    if (!found) throw new Error(`expected the name and the codes of an HTML reference, found ${JSON.stringify(line)}`);
    const codes = found[2].trim().split(' ');
    references.set(found[1], String.fromCodePoint(...codes.map((code) => Number.parseInt(code, 16))));
  }
  return references;
}

// Python takes at most 32 characters for a name, the length of the longest one.
const CHARACTER_REFERENCE = /&(?:#([0-9]+);?|#[xX]([0-9a-fA-F]+);?|([^\t\n\f <&#;]{1,32};?))/gu;

/** `html.unescape` of Python 3. */
export function unescapeHtml(text: string, references: HtmlReferences): string {
  if (!text.includes('&')) return text;
  return text.replace(CHARACTER_REFERENCE, (whole, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name === undefined) return characterOf(decimal ? Number(decimal) : Number(`0x${hexadecimal}`));
    // The longest name that it begins with: "&notit;" is "¬it;".
    for (let length = name.length; length > 1; length--) {
      const character = references.get(name.slice(0, length));
      if (character !== undefined) return character + name.slice(length);
    }
    return whole;
  });
}

/** Codes 0x80 to 0x9f. Not by TextDecoder: Node 20 takes them for Latin-1. */
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

/** What a number stands for: old pages' Windows characters too, nothing for controls and non-characters. */
function characterOf(code: number): string {
  if (code === 0 || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return '\ufffd';
  if (code >= 0x80 && code <= 0x9f) return windows1252[code - 0x80];
  return isDropped(code) ? '' : String.fromCodePoint(code);
}

const isDropped = (code: number): boolean =>
  (code >= 0x1 && code <= 0x8) ||
  code === 0xb ||
  (code >= 0xe && code <= 0x1f) ||
  code === 0x7f ||
  (code >= 0xfdd0 && code <= 0xfdef) ||
  (code & 0xfffe) === 0xfffe;
