import { seededRandom, shuffled } from '@webcir/data';
import type { KnownQuery, Pictures } from '../pack.ts';
import { make, rove } from './elements.ts';

/** How many pictures are added to the wall at once. */
const ADDED = 120;
/** Queries to try, and how many letters each has at most. */
const [TRIES, MAX_TRY] = [6, 60];

/**
 * All pictures, to begin with, and some queries to try.
 * @param pick called with the id of a picture that was chosen
 */
export function wall(pictures: Pictures, pick: (id: string) => void, ask: (query: KnownQuery) => void): HTMLElement {
  // The same order at every visit, but not the data set's, which has all that is alike together.
  const rows = shuffled([...pictures.ids.keys()], seededRandom(7));
  const grid = make('div', { class: 'wall' });
  const end = make('div', { class: 'end' });
  let added = 0;
  const add = () => {
    const more = rows.slice(added, added + ADDED);
    grid.append(...more.map((row) => pictureButton(pictures, row, () => pick(pictures.ids[row]))));
    if (added === 0)
      for (const first of grid.children) (first as HTMLElement).tabIndex = first === grid.firstChild ? 0 : -1;
    added += more.length;
    if (added === rows.length) end.remove();
  };
  add();
  rove(grid, 'button');
  new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && add(), { rootMargin: '600px' }).observe(end);

  const short = pictures.queries.filter(({ text }) => text.length <= MAX_TRY);
  const tries = shuffled(short, seededRandom(3)).slice(0, TRIES);
  return make(
    'div',
    { class: 'start' },
    make('h2', {}, 'Pick a picture, then say what should differ'),
    tries.length > 0 &&
      make(
        'ul',
        { class: 'tries', aria: { label: 'Queries to try' } },
        ...tries.map((query) =>
          make(
            'li',
            {},
            tryButton(pictures, query, () => ask(query)),
          ),
        ),
      ),
    grid,
    end,
  );
}

/** A picture that can be chosen. */
export function pictureButton(pictures: Pictures, row: number, onClick: () => void): HTMLButtonElement {
  const button = make('button', {
    type: 'button',
    class: 'picture',
    tabIndex: -1,
    title: pictures.labels[row],
    data: { id: pictures.ids[row] },
    aria: { label: pictures.labels[row] },
    on: { click: onClick },
  });
  pictures.tiles.show(button, row);
  return button;
}

function tryButton(pictures: Pictures, { reference, text }: KnownQuery, onClick: () => void): HTMLButtonElement {
  const shown = make('span', { class: 'picture' });
  pictures.tiles.show(shown, reference);
  return make('button', { type: 'button', class: 'try', on: { click: onClick } }, shown, make('span', {}, `“${text}”`));
}
