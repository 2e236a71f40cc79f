import { find, make } from './elements.ts';

/** Says something that needs attention, until it is closed. A notice of the same kind takes its place. */
export function notice(kind: string, text: string, action?: { readonly label: string; run(): void }): void {
  const box = find('#notices');
  box.querySelector(`[data-kind="${kind}"]`)?.remove();
  const act = () => {
    shown.remove();
    action?.run();
  };
  const shown: HTMLElement = make(
    'div',
    { class: 'notice', data: { kind } },
    make('p', {}, text),
    action && make('button', { type: 'button', on: { click: act } }, action.label),
    make(
      'button',
      { type: 'button', class: 'quiet', aria: { label: 'Close' }, on: { click: () => shown.remove() } },
      '×',
    ),
  );
  box.append(shown);
}

/** Takes back a notice that is no longer true. */
export function withdraw(kind: string): void {
  find('#notices').querySelector(`[data-kind="${kind}"]`)?.remove();
}

/** What an error says, for people. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
