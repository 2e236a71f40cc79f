import { canonicalize } from '../tokenizer/canonicalize.ts';
import type { TokenizeOptions, Tokenizer } from '../tokenizer/tokenizer.ts';
import type { ClipModel } from './model.ts';

/** Texts as rows of the token table, ready for `encodeText`. */
export interface TokenBatch {
  /** [texts, length], padded with zeros after the end-of-text token. */
  readonly tokens: Uint32Array;
  /** [texts]: text index * length + position of the end-of-text token. */
  readonly eotPositions: Uint32Array;
  readonly length: number;
}

/** A text as rows of a model's token table. */
export interface TextTokens {
  /** Rows of the token table, with start, end and padding as the model has them. */
  readonly rows: number[];
  /** How many of these are the text's own. */
  readonly textLength: number;
  /** Words that were left out, or in part, because the model has no row for them. */
  readonly unknown: string[];
  /** Tokens that were cut off, before the end-of-text token, because the context does not hold them. */
  readonly cut: number;
}

/** Turns a text into rows of a model's token table. */
export type TextTokenizer = (text: string, options?: Pick<TokenizeOptions, 'truncate'>) => TextTokens;

/**
 * Makes the function that turns a text into rows of the model's token table. It throws a RangeError when the text is
 * longer than the context and `truncate` is not set, or when the table is not the tokenizer's.
 * @throws RangeError when the tokenizer is not that of the model's family
 */
export function textTokenizer(model: ClipModel, tokenizer: Tokenizer): TextTokenizer {
  const { contextLength, vocabularySize, family, canonicalText } = model.config;
  const { startOfText, endOfText, padding } = tokenizer;
  const start = startOfText === undefined ? [] : [startOfText];
  if ((family === 'clip') !== (padding === undefined)) {
    throw new RangeError(
      family === 'clip'
        ? "the model is a CLIP, the tokenizer SigLIP's: use CLIP's vocabulary"
        : "the model is a SigLIP, the tokenizer CLIP's: use the tokenizer.json that came with its weights",
    );
  }
  const rowOf = model.vocabulary && new Map(model.vocabulary.map((id, row) => [id, row]));
  return (text, { truncate = false } = {}) => {
    if (!rowOf && tokenizer.vocabularySize > vocabularySize) {
      throw new RangeError(
        `the model has ${vocabularySize} tokens, the tokenizer ${tokenizer.vocabularySize}: it cannot read texts`,
      );
    }
    const inner = tokenizer.encode(canonicalText ? canonicalize(text) : text);
    const ids = [...start, ...inner, endOfText];
    const known = rowOf ? ids.filter((id) => rowOf.has(id)) : ids;
    const isWhole = known.length === ids.length;
    const cut = Math.max(0, known.length - contextLength);
    if (cut > 0 && !truncate) {
      throw new RangeError(
        `a text has ${known.length} tokens, the model reads at most ${contextLength} (truncate cuts it): ` +
          JSON.stringify(text),
      );
    }
    known.splice(contextLength - 1, cut);
    const textLength = known.length - start.length - 1;
    const fill = padding === undefined ? [] : Array<number>(contextLength - known.length).fill(padding);
    const whole = [...known, ...fill];
    if (!rowOf) return { rows: whole, textLength, unknown: [], cut };
    const unknown = isWhole ? [] : wordsOf(inner, tokenizer).filter((word) => word.some((id) => !rowOf.has(id)));
    return {
      rows: whole.map((id) => rowOf.get(id)!),
      textLength,
      unknown: unknown.map((word) => tokenizer.decode(word).trim()),
      cut,
    };
  };
}

/** Token ids word by word: the last token of each stands for a space, too. */
function wordsOf(ids: readonly number[], tokenizer: Tokenizer): number[][] {
  const words: number[][] = [];
  let word: number[] = [];
  for (const id of ids) {
    word.push(id);
    if (!tokenizer.decode([id]).endsWith(' ')) continue;
    words.push(word);
    word = [];
  }
  return words;
}

const lengths = [8, 10, 12, 16, 20, 24, 28, 32, 40, 48, 64];

/** The shortest of a few fixed lengths (one program each) that holds these texts; at most the context length. */
export function lengthFor(texts: readonly (readonly number[])[], contextLength: number): number {
  const minLength = Math.max(...texts.map((text) => text.length));
  return lengths.find((length) => length >= minLength && length < contextLength) ?? contextLength;
}

/** Packs texts into a batch of one length. */
export function packTokens(texts: readonly (readonly number[])[], length: number): TokenBatch {
  const tokens = new Uint32Array(texts.length * length);
  const eotPositions = new Uint32Array(texts.length);
  for (const [index, text] of texts.entries()) {
    tokens.set(text, index * length);
    eotPositions[index] = index * length + text.length - 1;
  }
  return { tokens, eotPositions, length };
}
