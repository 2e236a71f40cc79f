import { heldPicture, isOwn } from '../own/pictures.ts';
import type { Pictures } from '../pack.ts';
import type { State } from '../state.ts';
import { make } from './elements.ts';

/** What a visitor does to a query. */
export interface QueryActions {
  text(text: string): void;
  balance(balance: number): void;
  suggestion(text: string): void;
  /** Takes in a picture of the visitor's. */
  file(file: Blob): void;
  camera(): void;
  unmark(kind: 'more' | 'less', id: string): void;
  clear(): void;
}

/** The part of the page where a query is made. It keeps its elements, so that nobody loses the focus while typing. */
export class QueryPanel {
  readonly element: HTMLElement;
  readonly #reference = make('div', { class: 'reference' });
  readonly #text: HTMLTextAreaElement;
  readonly #chips = make('div', { class: 'chips', role: 'group', aria: { label: 'Suggestions' } });
  readonly #marked = make('div', { class: 'marked' });
  readonly #balance: HTMLInputElement;
  readonly #clear: HTMLButtonElement;

  constructor(actions: QueryActions) {
    this.#text = make('textarea', {
      id: 'text',
      rows: 1,
      autocomplete: 'off',
      spellcheck: false,
      enterKeyHint: 'search',
      placeholder: 'the same, but …',
      on: {
        input: () => actions.text(this.#text.value.replaceAll('\n', ' ')),
        keydown: (event: KeyboardEvent) => event.key === 'Enter' && event.preventDefault(),
      },
    });
    this.#balance = make('input', {
      type: 'range',
      id: 'balance',
      min: '-0.9',
      max: '0.9',
      step: '0.1',
      on: { input: () => actions.balance(Number(this.#balance.value)) },
    });
    const file = make('input', {
      type: 'file',
      accept: 'image/*',
      id: 'file',
      hidden: true,
      on: {
        change: () => {
          if (file.files?.[0]) actions.file(file.files[0]);
          file.value = '';
        },
      },
    });
    this.#clear = make('button', { type: 'button', class: 'quiet', on: { click: actions.clear } }, 'All pictures');
    const own = make(
      'div',
      { class: 'own' },
      file,
      make('button', { type: 'button', on: { click: () => file.click() } }, 'Your picture'),
      make('button', { type: 'button', on: { click: actions.camera } }, 'Photograph'),
      this.#clear,
    );
    const form = make(
      'form',
      { on: { submit: (event: Event) => event.preventDefault() } },
      make('label', { htmlFor: 'text' }, 'What should differ?'),
      this.#text,
      this.#chips,
      make(
        'div',
        { class: 'balance' },
        make('label', { htmlFor: 'balance' }, 'What counts'),
        make('span', { class: 'ends' }, make('span', {}, 'picture'), make('span', {}, 'words')),
        this.#balance,
      ),
    );
    this.#chips.addEventListener('click', ({ target }) => {
      const chip = (target as Element).closest('button');
      if (chip) actions.suggestion(chip.textContent!);
    });
    this.#marked.addEventListener('click', ({ target }) => {
      const { kind, id } = (target as Element).closest('button')?.dataset ?? {};
      if (kind && id) actions.unmark(kind as 'more' | 'less', id);
    });
    this.element = make('div', {}, this.#reference, own, form, this.#marked);
  }

  /** Shows a query. */
  update(pictures: Pictures, { reference, text, balance, more, less }: State): void {
    this.#showReference(pictures, reference);
    if (this.#text.value !== text) this.#text.value = text;
    this.#balance.value = String(balance);
    this.#clear.hidden = reference === '';
    const marks = [...more.map((id) => ['more', id] as const), ...less.map((id) => ['less', id] as const)];
    this.#marked.replaceChildren(
      ...marks.map(([kind, id]) => {
        const row = pictures.ids.indexOf(id);
        const label = `${kind === 'more' ? 'More' : 'Less'} like: ${pictures.labels[row] ?? id}. Take it back`;
        const button = make('button', {
          type: 'button',
          class: `picture ${kind}`,
          title: label,
          data: { kind, id },
          aria: { label },
        });
        if (row >= 0) pictures.tiles.show(button, row);
        return button;
      }),
    );
  }

  suggest(texts: readonly string[]): void {
    this.#chips.replaceChildren(...texts.map((text) => make('button', { type: 'button' }, text)));
  }

  focusText(): void {
    this.#text.focus({ preventScroll: true });
  }

  #showReference(pictures: Pictures, reference: string): void {
    if (this.#reference.dataset.id === reference && this.#reference.dataset.set === pictures.name) return;
    Object.assign(this.#reference.dataset, { id: reference, set: pictures.name });
    this.#reference.replaceChildren(
      reference === ''
        ? make('p', { class: 'soft' }, 'Pick a picture, drop one here, or paste one.')
        : referencePicture(pictures, reference),
    );
  }
}

/** A picture of the set, or of the visitor. */
export function referencePicture(pictures: Pictures, id: string): HTMLElement {
  if (isOwn(id)) {
    const held = heldPicture(id);
    return held
      ? make('img', { class: 'picture', src: held.address, alt: 'Your picture' })
      : make('span', { class: 'picture missing' }, '?');
  }
  const row = pictures.ids.indexOf(id);
  const shown = make('span', { class: 'picture', role: 'img', aria: { label: pictures.labels[row] ?? id } });
  if (row >= 0) pictures.tiles.show(shown, row);
  return shown;
}
