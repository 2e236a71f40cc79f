import type { Pictures } from '../pack.ts';
import type { Found, WordRank } from '../search.ts';
import { make } from './elements.ts';

const TERMS = {
  image: '(1 − λ) · picture',
  text: 'λ · words',
  learned: 'learned term',
} as const;

/** What the Combiner did, which word did it, and how long it took. */
export function explanation(pictures: Pictures, found: Found, words: readonly WordRank[]): HTMLElement {
  const { combiner, watched, target, composed, time } = found;
  const label = pictures.labels[watched];
  return make(
    'div',
    { class: 'explanation' },
    combiner &&
      make(
        'section',
        { class: 'combiner' },
        make('h2', {}, 'What the Combiner mixed'),
        bar(`λ = ${combiner.lambda.toFixed(2)}`, combiner.lambda, 'the share of the words in the mixture'),
        ...(['image', 'text', 'learned'] as const).map((term) => {
          const share = combiner.shares[term];
          return bar(
            TERMS[term],
            share,
            `${Math.round(100 * share)} % of the query feature`,
            `${Math.round(100 * share)} %`,
          );
        }),
      ),
    words.length > 0 &&
      make(
        'section',
        { class: 'words' },
        make('h2', {}, 'Which word did it'),
        make(
          'p',
          { class: 'soft' },
          `Rank of ${target === undefined ? 'the first result' : 'the target'} (${label}) without each word; with all of them: ${composed.rankOf(watched) ?? '–'}.`,
        ),
        ...words.map(({ word, rank }) =>
          bar(word, Math.log(rank) / Math.log(pictures.ids.length), `without “${word}”: rank ${rank}`, String(rank)),
        ),
      ),
    make(
      'p',
      { class: 'time soft' },
      `${time.encoding.toFixed(0)} ms to encode, ${time.ranking.toFixed(0)} ms to rank ${pictures.ids.length.toLocaleString('en')} pictures in all ways.`,
    ),
  );
}

/** A labelled bar. @param share from 0 to 1; below 0 it is drawn as nothing */
function bar(label: string, share: number, title: string, value?: string): HTMLElement {
  const fill = make('span', { class: 'fill' });
  fill.style.width = `${100 * Math.min(Math.max(share, 0), 1)}%`;
  return make(
    'div',
    { class: 'bar', title },
    make('span', { class: 'label' }, label),
    make('span', { class: 'track', aria: { hidden: 'true' } }, fill),
    make('span', { class: 'value' }, value ?? share.toFixed(2)),
  );
}
