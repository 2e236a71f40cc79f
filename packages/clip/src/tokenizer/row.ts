import type { TokenizeOptions, Tokenizer } from './tokenizer.ts';

/** The tokens around a text. */
type Frame = Pick<Tokenizer, 'startOfText' | 'endOfText' | 'padding'>;

/** `Tokenizer.tokenize` of a text whose tokens are `ids`. */
export function tokenRow(
  text: string,
  ids: readonly number[],
  { startOfText, endOfText, padding = 0 }: Frame,
  { context, truncate = false }: TokenizeOptions & { readonly context: number },
): Uint32Array<ArrayBuffer> {
  const start = startOfText === undefined ? [] : [startOfText];
  const needed = start.length + ids.length + 1;
  if (needed > context && !truncate) {
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    throw new RangeError(
      `${JSON.stringify(shown)}: ${needed} tokens with start and end, the context holds ${context}. ` +
        'Shorten the text, or tokenize it with truncate: true.',
    );
  }
  const row = new Uint32Array(context).fill(padding);
  row.set([...start, ...ids.slice(0, context - start.length - 1), endOfText]);
  return row;
}
