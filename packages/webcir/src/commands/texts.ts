import { longCaptions, type QueryText, queryText } from '@webcir/data';
import type { EncoderSession, Session } from './session.ts';

const shownTexts = 8;

/** Warns of what the model does not read of the captions of some splits: words that it lacks, and ends that are cut. */
export function warnOfCaptions(session: Session & { readonly queryText?: QueryText }, splits: readonly string[]): void {
  const { dataset, model, tokens, queryText: template = 'plain' } = session;
  const { contextLength } = model.config;
  const different = [...new Set(splits)];
  for (const split of different) {
    const long = longCaptions(
      dataset,
      split,
      contextLength,
      (text) => {
        const { rows, cut } = tokens(text, { truncate: true });
        return rows.length + cut;
      },
      template,
    );
    if (long.length === 0) continue;
    console.warn(
      `${split}: ${long.length} of the captions have more than ${contextLength} tokens and are cut, ` +
        `the first: ${long[0].place}`,
    );
  }
  const captions = different.flatMap((split) => dataset.triplets(split).map((triplet) => queryText(triplet, template)));
  warnOfUnknownWords(session, captions);
}

/** Warns of words that a model with a vocabulary of its own does not know. */
export function warnOfUnknownWords({ tokens }: EncoderSession, texts: readonly string[]): void {
  const read = texts.map((text) => ({ text, ...tokens(text, { truncate: true }) }));
  const words = new Set(read.flatMap(({ unknown }) => unknown));
  if (words.size === 0) return;
  console.warn(`The model leaves out words that it does not know: ${shown(words)}`);
  const empty = new Set(
    read.filter(({ textLength, unknown }) => textLength === 0 && unknown.length > 0).map((it) => it.text),
  );
  if (empty.size > 0) console.warn(`Nothing is left of these texts: ${shown(empty, JSON.stringify)}`);
}

function shown(values: ReadonlySet<string>, show = (value: string): string => value): string {
  const first = [...values].slice(0, shownTexts).map((value) => show(value));
  const more = values.size - first.length;
  return first.join(', ') + (more > 0 ? ` and ${more.toLocaleString('en')} more` : '');
}
