import { textCleaner } from './clean.ts';
import { mergePairs, pairKey } from './merge.ts';
import { parseReferences } from './references.ts';
import { tokenRow } from './row.ts';
import { byteSymbols } from './symbols.ts';

const END_OF_WORD = '</w>';
const START_OF_TEXT = '<|startoftext|>';
const END_OF_TEXT = '<|endoftext|>';
const WORD =
  /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\p{White_Space}\p{L}\p{N}]+/giu;
/** Words cached with their tokens; captions use a few thousand. */
const CACHED_WORDS = 20_000;

/** Positions of every published CLIP. */
const CONTEXT = 77;

/** Options of `Tokenizer.tokenize`. */
export interface TokenizeOptions {
  /** Positions in the result: unless given 77, and 64 for SigLIP. */
  readonly context?: number;
  /** Cut a text that is too long, and end it with the end-of-text token, instead of throwing. */
  readonly truncate?: boolean;
}

/** A model's tokenizer: texts to token ids and back. */
export interface Tokenizer {
  /** Number of tokens, 49,408 for CLIP. */
  readonly vocabularySize: number;
  /** Id of the token before each text; SigLIP has none. */
  readonly startOfText?: number;
  /** Id of the token after each text. */
  readonly endOfText: number;
  /** Id that fills up every text to the whole context, which SigLIP reads; CLIP stops reading at the end of text. */
  readonly padding?: number;
  /** Token ids of a text, without start and end. */
  encode(text: string): number[];
  /**
   * `[context]` ids: start-of-text, the text, end-of-text, padding; zeros for CLIP (openai/CLIP `clip.tokenize`).
   * Throws when the text does not fit and `truncate` is not set.
   */
  tokenize(text: string, options?: TokenizeOptions): Uint32Array<ArrayBuffer>;
  /** The cleaned text that ids stand for, a space after each word. Throws on an id outside the vocabulary. */
  decode(ids: Iterable<number>): string;
}

/** CLIP's tokenizer. */
export interface ClipTokenizer extends Tokenizer {
  /** Id of `<|startoftext|>`, 49406. The largest of all is `endOfText`, 49407, that of `<|endoftext|>`. */
  readonly startOfText: number;
}

/**
 * OpenAI CLIP's byte-pair tokenizer (`simple_tokenizer.py`), id for id.
 *
 * @param vocabulary as `readVocabulary` gives it: the merges, one `left right` a line, in the order of their rank; an
 *   empty line; HTML's named character references, each with the code points that it stands for, in hexadecimal
 * @throws when a line is not a pair of earlier tokens, naming the line, or there are no character references
 */
export function createTokenizer(vocabulary: string): ClipTokenizer {
  const { symbols, ids: byteIds } = byteSymbols();
  const tokens = new Array<string>(512);
  for (let byte = 0; byte < 256; byte++) {
    tokens[byteIds[byte]] = symbols[byte];
    tokens[256 + byteIds[byte]] = symbols[byte] + END_OF_WORD;
  }
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const merges = new Map<number, number>();
  const [mergeLines, referenceLines] = vocabulary.trimEnd().split('\n\n');
  // Without a list of lines and one of words for each: a page waits for this, and half of the time went into them.
  for (let start = 0; start < mergeLines.length; ) {
    const newline = mergeLines.indexOf('\n', start);
    const end = newline < 0 ? mergeLines.length : newline;
    const space = mergeLines.indexOf(' ', start);
    const left = mergeLines.slice(start, space);
    const right = mergeLines.slice(space + 1, end);
    const leftId = idOf.get(left);
    const rightId = idOf.get(right);
    const token = left + right;
    const id = tokens.push(token) - 1;
    idOf.set(token, id);
    if (leftId === undefined || rightId === undefined || idOf.size < tokens.length) {
      throw new Error(
        `Vocabulary line ${id - 511}: expected two earlier tokens that make a new one, ` +
          `found ${JSON.stringify(mergeLines.slice(start, end))}. ` +
          'Use clip-vocabulary.txt.gz of @webcir/clip.',
      );
    }
    merges.set(pairKey(leftId, rightId), id);
    start = end + 1;
  }
  const cleanText = textCleaner(parseReferences(referenceLines));
  const startOfText = tokens.push(START_OF_TEXT) - 1;
  const endOfText = tokens.push(END_OF_TEXT) - 1;

  const byteOf = new Map(symbols.map((symbol, byte) => [symbol, byte]));
  const encoder = new TextEncoder();
  const cache = new Map<string, readonly number[]>();

  const encodeWord = (word: string): readonly number[] => {
    if (word === START_OF_TEXT) return [startOfText];
    if (word === END_OF_TEXT) return [endOfText];
    const cached = cache.get(word);
    if (cached) return cached;
    const ids = Array.from(encoder.encode(word), (byte) => byteIds[byte]);
    ids[ids.length - 1] += 256;
    mergePairs(ids, merges);
    if (cache.size >= CACHED_WORDS) cache.clear();
    cache.set(word, ids);
    return ids;
  };

  const encode = (text: string): number[] => {
    const ids: number[] = [];
    for (const [word] of cleanText(text).matchAll(WORD)) {
      for (const id of encodeWord(word)) ids.push(id);
    }
    return ids;
  };

  const tokenize = (text: string, options: TokenizeOptions = {}) =>
    tokenRow(text, encode(text), { startOfText, endOfText }, { context: CONTEXT, ...options });

  const decode = (ids: Iterable<number>): string => {
    const bytes: number[] = [];
    for (const id of ids) {
      const token = tokens[id];
      if (token === undefined) throw new RangeError(`Token id ${id}: expected 0 to ${tokens.length - 1}.`);
      for (const symbol of token) bytes.push(byteOf.get(symbol)!);
    }
    return new TextDecoder().decode(new Uint8Array(bytes)).replaceAll(END_OF_WORD, ' ');
  };

  return { vocabularySize: tokens.length, startOfText, endOfText, encode, tokenize, decode };
}
