/**
 * big_vision's `canonicalize_text`, as transformers' SiglipTokenizer and open_clip have it: lower case, without ASCII's
 * punctuation, white space as single spaces.
 */
export const canonicalize = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[!-/:-@[-`{-~]/g, '')
    .replace(/[\s▁]+/g, ' ')
    .trim();
