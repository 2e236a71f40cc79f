import { find, make } from './elements.ts';

/** The choice of a set of pictures. @param sets names and titles @param add brings another one */
export function showSets(
  sets: readonly { readonly name: string; readonly title: string }[],
  current: string,
  choose: (name: string) => void,
  add: () => void,
): void {
  find('#sets').replaceChildren(
    ...sets.map(({ name, title }) =>
      make(
        'button',
        { type: 'button', aria: { pressed: String(name === current) }, on: { click: () => choose(name) } },
        title,
      ),
    ),
    make('button', { type: 'button', class: 'quiet', on: { click: add } }, 'Bring your own …'),
  );
}
