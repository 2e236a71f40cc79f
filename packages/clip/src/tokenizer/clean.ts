import { textFixer } from './fix-text.ts';
import type { CharacterReferences } from './references.ts';
import { unescapeHtml } from './unescape.ts';

/** The `\s` of Python's `regex`; JavaScript's has U+FEFF and lacks U+0085. */
const SPACES = /\p{White_Space}+/gu;

/**
 * Makes the function that cleans a text as CLIP's tokenizer does before splitting it: fixes mojibake and the like,
 * unescapes HTML twice, collapses white space, lower-cases (`basic_clean` and `whitespace_clean` of openai/CLIP
 * `simple_tokenizer.py`).
 */
export function textCleaner(references: CharacterReferences): (text: string) => string {
  const fixText = textFixer(references);
  return (text) => {
    const unescaped = unescapeHtml(unescapeHtml(fixText(text), references), references);
    return unescaped.replace(SPACES, ' ').replace(/^ | $/g, '').toLowerCase();
  };
}
