import type { Tokenizer } from '../tokenizer/tokenizer.ts';
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
  /** Rows of the token table, start- and end-of-text included. */
  readonly rows: number[];
  /** Words that were left out because the model has no row for them. */
  readonly unknown: string[];
}

/**
 * Turns a text into rows of the model's token table.
 * @throws RangeError when it is longer than the context, or the table is not the tokenizer's
 */
export function textTokenizer(model: ClipModel, tokenizer: Tokenizer): (text: string) => TextTokens {
  const { contextLength, vocabularySize } = model.config;
  const rowOf = model.vocabulary && new Map(model.vocabulary.map((id, row) => [id, row]));
  return (text) => {
    if (!rowOf && tokenizer.vocabularySize > vocabularySize) {
      throw new RangeError(
        `the model has ${vocabularySize} tokens, CLIP's tokenizer ${tokenizer.vocabularySize}: it cannot read texts`,
      );
    }
    const ids = [tokenizer.startOfText, ...tokenizer.encode(text), tokenizer.endOfText];
    const known = rowOf ? ids.filter((id) => rowOf.has(id)) : ids;
    const unknown = ids.filter((id) => !known.includes(id)).map((id) => tokenizer.decode([id]).trim());
    if (known.length > contextLength) {
      throw new RangeError(
        `a text has ${known.length} tokens, the model reads at most ${contextLength}: ${JSON.stringify(text)}`,
      );
    }
    return { rows: rowOf ? known.map((id) => rowOf.get(id)!) : known, unknown };
  };
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
