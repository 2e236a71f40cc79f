import { mojibakeFixer } from './mojibake.ts';
import type { CharacterReferences } from './references.ts';
import { unescapeHtml } from './unescape.ts';

/** ASCII in which there is nothing to fix. */
const PLAIN = /^[ -%'-~\t\n]*$/;
const REFERENCE = /&#?[0-9A-Za-z]{1,24};/g;
// biome-ignore-start lint/suspicious/noControlCharactersInRegex: they are what is meant
const TERMINAL_ESCAPE = /\x1b\[[\p{Nd};]*[a-zA-Z]/gu;
const CONTROL = /[\0-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: they are what is meant
const LIGATURE = /[ĲĳŉǄ-ǌǱ-ǳ\ufb00-\ufb06]/g;
/** Half-width and full-width forms. */
const WIDTH = /[\uff01-\uffef]/g;

/**
 * Makes `ftfy.fix_text` of ftfy 6.3.1 with its default settings, with which OpenAI's tokenizer begins. (ftfy breaks a
 * line of more than a million characters, which matters to no caption.)
 */
export function textFixer(references: CharacterReferences): (text: string) => string {
  const fixMojibake = mojibakeFixer();

  const fixLine = (line: string, isText: boolean): string => {
    const unescaped = isText ? unescapeStrictly(line, references) : line;
    const fixed = fixCharacters(fixMojibake(unescaped));
    return fixed === line ? line : fixLine(fixed, isText);
  };

  return (text) => {
    if (PLAIN.test(text)) return text;
    let isText = true;
    const lines = text.split(/(?<=\n)/).map((line) => {
      // From a line with '<' on it is taken for HTML, in which references are meant.
      isText &&= !line.includes('<');
      return fixLine(line, isText);
    });
    return lines.join('');
  };
}

function fixCharacters(text: string): string {
  return text
    .replace(LIGATURE, (ligature) => (ligature === 'ﬅ' ? 'ſt' : ligature.normalize('NFKC')))
    .replaceAll('\u3000', ' ')
    .replace(WIDTH, (character) => character.normalize('NFKC'))
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/\r\n|[\r\u2028\u2029\x85]/g, '\n')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .replace(TERMINAL_ESCAPE, '')
    .replace(CONTROL, '')
    .normalize('NFC');
}

/**
 * Resolves only character references that end in a semicolon, and takes names in capitals for capitals: `&EACUTE;` is É
 * though HTML has no such name.
 */
function unescapeStrictly(text: string, references: CharacterReferences): string {
  return text.replace(REFERENCE, (reference) => {
    const name = reference.slice(1);
    const known = references.get(name);
    if (known !== undefined) return known;
    const unescaped = unescapeHtml(reference, references);
    if (name.startsWith('#')) return unescaped.includes(';') ? reference : unescaped;
    const isUpper = name === name.toUpperCase() && unescaped === reference;
    return (isUpper && references.get(name.toLowerCase())?.toUpperCase()) || reference;
  });
}
