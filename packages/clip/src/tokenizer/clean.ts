import { type HtmlReferences, unescapeHtml } from './html-references.ts';

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
export function cleanText(text: string, references: HtmlReferences): string {
  const unescaped = unescapeHtml(unescapeHtml(text, references), references).replace(OUTER_SPACE, '');
  return unescaped.replace(SPACES, ' ').replace(OUTER_SPACE, '').toLowerCase();
}
