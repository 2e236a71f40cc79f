import type { Pictures } from '../pack.ts';
import { make } from './elements.ts';
import { referencePicture } from './query-panel.ts';

/** One search that the visitor answered, and the rank of the answer. */
export interface ShownPick {
  readonly reference: string;
  readonly text: string;
  readonly target: string;
  /** With the Combiner as it came, and as it was tuned. */
  readonly before: number;
  readonly after: number | undefined;
}

export interface TuneActions {
  tune(): void;
  undo(): void;
  remove(index: number): void;
}

/** What has been picked, and tuning on it. @param progress from 0 to 1 while it goes on */
export function tunePanel(
  pictures: Pictures,
  picks: readonly ShownPick[],
  { isTuned, progress }: { readonly isTuned: boolean; readonly progress: number | undefined },
  actions: TuneActions,
): HTMLElement {
  const isBusy = progress !== undefined;
  const rank = (pick: ShownPick) =>
    pick.after === undefined ? `rank ${pick.before}` : `rank ${pick.before} → ${pick.after}`;
  const row = (pick: ShownPick, i: number) =>
    make(
      'li',
      {},
      referencePicture(pictures, pick.reference),
      make('span', { class: 'said' }, `“${pick.text}”`),
      referencePicture(pictures, pick.target),
      make('span', { class: 'value' }, rank(pick)),
      make(
        'button',
        {
          type: 'button',
          class: 'quiet',
          disabled: isBusy,
          aria: { label: 'Remove this pick' },
          on: { click: () => actions.remove(i) },
        },
        '×',
      ),
    );
  return make(
    'section',
    { class: 'tune' },
    make('h2', {}, 'Tune on your picks'),
    picks.length === 0 &&
      make(
        'p',
        { class: 'soft' },
        'Mark with ✓ what you meant. Some steps of training then bring it to the front, here in the page.',
      ),
    make('ul', {}, ...picks.map(row)),
    make(
      'div',
      { class: 'buttons' },
      make(
        'button',
        { type: 'button', disabled: picks.length === 0 || isBusy, on: { click: actions.tune } },
        `Tune on ${picks.length === 1 ? '1 pick' : `${picks.length} picks`}`,
      ),
      make('button', { type: 'button', disabled: !isTuned || isBusy, on: { click: actions.undo } }, 'Undo'),
      progress !== undefined && make('progress', { value: progress, aria: { label: 'Tuning' } }),
    ),
  );
}
