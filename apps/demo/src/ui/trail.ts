import type { Pictures } from '../pack.ts';
import type { State } from '../state.ts';
import { make } from './elements.ts';
import { referencePicture } from './query-panel.ts';

/** The way here, step by step. */
export function trail(pictures: Pictures, state: State, back: (step: number) => void, share: () => void): HTMLElement {
  const step = (reference: string, text: string) => [
    referencePicture(pictures, reference),
    make('span', {}, text === '' ? '…' : `“${text}”`),
  ];
  return make(
    'nav',
    { class: 'trail', aria: { label: 'Your way here' } },
    make(
      'ol',
      {},
      ...state.trail.map(({ reference, text }, i) =>
        make('li', {}, make('button', { type: 'button', on: { click: () => back(i) } }, ...step(reference, text))),
      ),
      make('li', { aria: { current: 'step' } }, ...step(state.reference, state.text)),
    ),
    make('button', { type: 'button', class: 'quiet', on: { click: share } }, 'Copy link'),
  );
}
