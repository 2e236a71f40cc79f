import { textTokenizer } from '@webcir/clip';
import type { Models } from './models-on-device.ts';

/** Reads the texts of queries: as rows of the token table. */
export class QueryTexts {
  readonly #tokens: ReturnType<typeof textTokenizer>;

  constructor({ clip, tokenizer }: Models) {
    this.#tokens = textTokenizer(clip, tokenizer);
  }

  /** @throws RangeError for a text that is too long, or of which the model knows nothing */
  rowsOf(text: string, truncate: boolean): readonly number[] {
    const { rows, textLength, unknown } = this.#tokens(text, { truncate });
    if (textLength > 0) return rows;
    const shown = JSON.stringify(text);
    throw new RangeError(
      unknown.length > 0
        ? `text: the model knows no word of ${shown}`
        : `text: expected how the wanted image differs, found ${shown}`,
    );
  }

  /** How many positions of the encoder a text takes, its start and end among them. */
  count(text: string): number {
    return this.#tokens(text, { truncate: true }).rows.length;
  }

  /** A text without each of its words, where words that the model knows are left. */
  withoutEachWord(text: string, truncate: boolean): { word: string; rows: readonly number[] }[] {
    const words = text.split(/\s+/).filter((word) => word !== '');
    return words.flatMap((word, at) => {
      const { rows, textLength } = this.#tokens(words.toSpliced(at, 1).join(' '), { truncate });
      return textLength > 0 ? [{ word, rows }] : [];
    });
  }
}
