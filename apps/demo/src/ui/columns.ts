import type { Pictures } from '../pack.ts';
import type { Ranking } from '../ranking.ts';
import { type Found, SOLVED_WITHIN } from '../search.ts';
import { make, rove } from './elements.ts';

/** What can be done with a result. */
export interface ResultActions {
  /** Goes on from it. */
  go(id: string): void;
  more(id: string): void;
  less(id: string): void;
  /** It was what the visitor meant. */
  pick(id: string): void;
}

/** What has been marked so far. */
export interface Marks {
  readonly more: readonly string[];
  readonly less: readonly string[];
  readonly picked: readonly string[];
}

const HEADINGS = { image: 'Image alone', text: 'Text alone', composed: 'Both, composed' } as const;

/** The three columns of results. */
export function columns(pictures: Pictures, found: Found, marks: Marks, actions: ResultActions): HTMLElement {
  const kinds = ['image', 'text', 'composed'] as const;
  return make('div', { class: 'columns' }, ...kinds.map((kind) => column(pictures, found, kind, marks, actions)));
}

function column(
  pictures: Pictures,
  found: Found,
  kind: keyof typeof HEADINGS,
  marks: Marks,
  actions: ResultActions,
): HTMLElement {
  const ranking = found[kind];
  const { target } = found;
  const rank = ranking && target !== undefined ? ranking.rankOf(target) : undefined;
  const heading = make(
    'h2',
    {},
    HEADINGS[kind],
    rank !== undefined &&
      make('span', { class: 'rank', title: `The picture that is meant has rank ${rank}` }, `target: ${rank}`),
  );
  if (!ranking) {
    const missing = kind === 'text' ? 'Say what should differ.' : 'Pick a picture.';
    return make('section', { class: 'column', data: { kind } }, heading, make('p', { class: 'soft' }, missing));
  }
  const list = make('ol', { class: 'found' }, ...items(pictures, ranking, kind, found, marks, actions));
  rove(list, '.picture');
  const first = list.querySelector<HTMLElement>('.picture');
  if (first) first.tabIndex = 0;
  return make('section', { class: 'column', data: { kind }, aria: { label: HEADINGS[kind] } }, heading, list);
}

function* items(
  pictures: Pictures,
  { rows, scores }: Ranking,
  kind: keyof typeof HEADINGS,
  { target }: Found,
  marks: Marks,
  actions: ResultActions,
): Generator<HTMLElement> {
  // Only composed queries were measured: how well others score says nothing about what fits.
  const fitting = kind === 'composed' ? pictures.fitting : undefined;
  let isBelow = false;
  for (const [i, row] of rows.entries()) {
    if (fitting !== undefined && !isBelow && scores[row] < fitting) {
      isBelow = true;
      const text = i === 0 ? 'Nothing fits well. Nearest:' : 'Below this line, hardly anything fits.';
      yield make('li', { class: 'line' }, text);
    }
    yield item(pictures, row, i + 1, scores[row], row === target, marks, actions);
  }
}

function item(
  pictures: Pictures,
  row: number,
  rank: number,
  score: number,
  isTarget: boolean,
  marks: Marks,
  actions: ResultActions,
): HTMLElement {
  const id = pictures.ids[row];
  const label = pictures.labels[row];
  const picture = make('button', {
    type: 'button',
    class: 'picture',
    tabIndex: -1,
    title: `${label}. Go on from it`,
    aria: { label: `${rank}: ${label}${isTarget ? ', the target' : ''}, score ${score.toFixed(2)}. Go on from it` },
    on: { click: () => actions.go(id) },
  });
  pictures.tiles.show(picture, row);
  const mark = (name: 'more' | 'less' | 'pick', sign: string, what: string, isOn: boolean) =>
    make(
      'button',
      {
        type: 'button',
        class: name,
        title: what,
        tabIndex: -1,
        aria: { label: `${what}: ${label}`, pressed: String(isOn) },
        on: { click: () => actions[name](id) },
      },
      sign,
    );
  return make(
    'li',
    { class: isTarget ? 'target' : '', data: { id, rank: String(rank), score: score.toFixed(4) } },
    picture,
    make('span', { class: 'score', aria: { hidden: 'true' } }, score.toFixed(3)),
    make(
      'span',
      { class: 'marks' },
      mark('more', '+', 'More like this', marks.more.includes(id)),
      mark('less', '−', 'Less like this', marks.less.includes(id)),
      mark('pick', '✓', 'This is what I meant', marks.picked.includes(id)),
    ),
  );
}

const NEEDS = {
  both: `This query needs both: neither half alone has the target within ${SOLVED_WITHIN}.`,
  image: `The picture alone would do: it has the target within ${SOLVED_WITHIN}.`,
  text: `The words alone would do: they have the target within ${SOLVED_WITHIN}.`,
  either: `Either half alone would do: each has the target within ${SOLVED_WITHIN}.`,
  'nothing helps': `Not solved: neither half, nor both together, have the target within ${SOLVED_WITHIN}.`,
} as const;

/** What the columns say together, in a sentence. */
export function verdict({ need, image, text, composed }: Found): string {
  if (need) return NEEDS[need];
  if (!image || !text) return '';
  const ten = composed.rows.slice(0, SOLVED_WITHIN);
  const shared = (other: Ranking) => other.rows.slice(0, SOLVED_WITHIN).filter((row) => ten.includes(row)).length;
  return `Of the first ${ten.length} results, the picture alone finds ${shared(image)}, the words alone ${shared(text)}.`;
}
