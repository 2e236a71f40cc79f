import { DeviceLostError, type Query } from 'webcir';
import { targetOf } from './known.ts';
import { latest } from './latest.ts';
import { heldPicture, isOwn, ownPicture, takeIn } from './own/pictures.ts';
import type { Pictures } from './pack.ts';
import { Picks } from './picks.ts';
import { type Found, ranksWithoutWords, search, type WordRank } from './search.ts';
import { close, type Session } from './session.ts';
import { fromAddress, goBack, goTo, START, type State, Store, toAddress, toggled } from './state.ts';
import { suggest } from './suggestions.ts';
import { photograph } from './ui/camera.ts';
import { columns, verdict } from './ui/columns.ts';
import { find, make } from './ui/elements.ts';
import { explanation } from './ui/explanation.ts';
import { keepingFocus } from './ui/focus.ts';
import { MapPanel } from './ui/map-panel.ts';
import { messageOf, notice, withdraw } from './ui/notices.ts';
import { QueryPanel } from './ui/query-panel.ts';
import { trail } from './ui/trail.ts';
import { tunePanel } from './ui/tune-panel.ts';
import { wall } from './ui/wall.ts';

/** How long a visitor pauses between words, in milliseconds. */
const PAUSE = 150;
const SUGGESTIONS = 6;

/** The page: what is searched for, what was found, and all that shows it. */
export class App {
  readonly #state: Store<State>;
  #pictures: Pictures | undefined;
  #picks: Picks | undefined;
  #found: Found | undefined;
  #words: readonly WordRank[] = [];
  #timer = 0;
  readonly #search = latest(() => this.#searchNow());
  readonly #query: QueryPanel;
  readonly #map: MapPanel;
  readonly #verdict = make('p', { class: 'verdict', role: 'status' });
  readonly #explained = make('div');
  readonly #tuning = make('div');

  /** @param openSet opens another set, when the visitor goes back to it */
  constructor(openSet: (name: string) => void) {
    this.#state = new Store(fromAddress(location.hash));
    this.#query = new QueryPanel({
      text: (text) => this.#state.set({ text }),
      balance: (balance) => this.#state.set({ balance }),
      suggestion: (text) => this.#state.set({ text }),
      file: (file) => this.take(file),
      camera: () => this.#photograph(),
      unmark: (kind, id) => this.#mark(kind, id),
      clear: () => this.#state.set({ ...START, set: this.#state.value.set }),
    });
    this.#map = new MapPanel({ pick: (id) => this.#go(id), within: (within) => this.#state.set({ within }) });
    find('#query').append(this.#query.element);
    find('#side').append(this.#map.element, this.#tuning, this.#explained); // what comes later stands below
    this.#state.listen((now, before) => this.#changed(now, before));
    addEventListener('popstate', () => {
      const state = fromAddress(location.hash);
      const isElsewhere = state.set !== this.state.set;
      if (isElsewhere) this.#pictures = undefined; // until the other set is there
      this.#state.set(state);
      if (isElsewhere) openSet(state.set);
    });
  }

  get state(): State {
    return this.#state.value;
  }

  /** What searches now; undefined while a set is loaded. */
  get session(): Session | undefined {
    return this.#picks?.session;
  }

  /** What is shown. */
  get pictures(): Pictures | undefined {
    return this.#pictures;
  }

  /**
   * Shows a set of pictures, and then loads what searches it.
   * @param load called once the set before has left the device
   * @throws what `load` does
   */
  async open(pictures: Pictures, load: () => Promise<Session>): Promise<void> {
    const former = this.#picks;
    this.#pictures = pictures;
    this.#picks = undefined;
    this.#found = undefined;
    this.#map.close();
    this.#query.suggest([]);
    if (this.state.set !== pictures.name) this.#state.set({ ...START, set: pictures.name });
    else this.#show();
    this.#showTuning();
    find('#about').textContent = `${pictures.ids.length.toLocaleString('en')} pictures: ${pictures.credit}.`;
    say('Loading the model …');
    await former?.close();
    await this.#recallOwn();
    await new Promise((resolve) => setTimeout(resolve)); // the page shows them, and answers, before models are read
    const session = await load();
    if (this.#pictures !== pictures) return close(session); // another set was chosen meanwhile
    this.#picks = new Picks(session, () => this.#picksChanged());
    this.#watch(this.#picks);
    await this.#map.open(pictures, session.features.places, session.retriever.device.gpu);
    say(`Ready, on ${session.retriever.device.name}`);
    this.#show();
    this.#picksChanged();
  }

  /** Takes in a picture of the visitor's as the reference. */
  async take(file: Blob): Promise<void> {
    try {
      this.#state.set(goTo(this.state, await takeIn(file)));
      this.#query.focusText();
    } catch (error) {
      notice('picture', messageOf(error));
    }
  }

  #changed(now: State, before: State): void {
    const isStep = now.reference !== before.reference || now.set !== before.set || now.trail !== before.trail;
    const isFirst = before.set === '';
    const address = toAddress(now);
    if (location.hash !== address) history[isStep && !isFirst ? 'pushState' : 'replaceState'](null, '', address);
    clearTimeout(this.#timer);
    if (!this.#pictures) return;
    this.#query.update(this.#pictures, now);
    const isTyping = now.text !== before.text && now.reference === before.reference;
    if (isTyping) this.#timer = setTimeout(() => this.#search(), PAUSE) as unknown as number;
    else if (!isEmpty(now)) void this.#search();
    if (isEmpty(now) !== isEmpty(before) || now.set !== before.set) this.#show();
  }

  #go(id: string): void {
    this.#state.set(goTo(this.state, id));
    this.#query.focusText();
  }

  #mark(kind: 'more' | 'less', id: string): void {
    const other = kind === 'more' ? 'less' : 'more';
    const without = this.state[other].filter((marked) => marked !== id);
    this.#state.set({ [other]: without, [kind]: toggled(this.state[kind], id) });
  }

  async #photograph(): Promise<void> {
    try {
      const taken = await photograph();
      if (taken) await this.take(taken);
    } catch (error) {
      notice('picture', messageOf(error));
    }
  }

  /** Pictures of an earlier visit that the address speaks of. */
  async #recallOwn(): Promise<void> {
    const { reference, trail } = this.state;
    for (const id of [reference, ...trail.map((step) => step.reference)].filter(isOwn)) {
      if (!(await ownPicture(id)))
        notice('picture', 'A picture of this link is on the device where it was taken only.');
    }
    this.#show();
  }

  async #searchNow(): Promise<void> {
    const [picks, pictures, state] = [this.#picks, this.#pictures, this.state];
    if (!picks || !pictures || isEmpty(state)) return;
    try {
      const query = queryOf(state);
      const rowOf = (id: string) => pictures.ids.indexOf(id);
      const within = new Set(state.within.map(rowOf));
      const reference = rowOf(state.reference);
      const isWanted = (row: number) => row !== reference && (within.size === 0 || within.has(row));
      const target = targetOf(pictures, state.reference, state.text);
      const asked = { query, isWanted, target, solvedWithin: pictures.solvedWithin };
      const found = await search(picks.session, asked);
      if (this.#pictures !== pictures || isEmpty(this.state)) return;
      this.#found = found;
      this.#words = [];
      withdraw('search');
      this.#show();
      if (this.state !== state) return; // another search waits already
      this.#words = await ranksWithoutWords(picks.session, asked, found.watched);
      if (this.#found === found) this.#explained.replaceChildren(explanation(pictures, found, this.#words));
    } catch (error) {
      this.#complain(error);
    }
  }

  #picksChanged(): void {
    if (this.#picks?.progress === undefined) void this.#search();
    this.#showTuning();
  }

  /** Goes on with another device when this one is lost. */
  #watch(picks: Picks): void {
    const { gpu } = picks.device;
    void gpu.lost.then(async () => {
      if (this.#picks !== picks) return;
      say('The GPU was lost; opening it again …');
      try {
        await picks.recover();
      } catch (error) {
        say('');
        return this.#complain(error);
      }
      this.#map.rebind(picks.device.gpu);
      say(`Ready again, on ${picks.device.name}`);
      this.#watch(picks);
      void this.#search();
    });
  }

  #complain(error: unknown): void {
    const reload = { label: 'Reload', run: () => location.reload() };
    notice('search', messageOf(error), error instanceof DeviceLostError ? reload : undefined);
  }

  /** Draws what there is. */
  #show(): void {
    const [pictures, state] = [this.#pictures, this.state];
    if (!pictures) return;
    this.#query.update(pictures, state);
    const results = find('#results');
    if (isEmpty(state)) {
      this.#found = undefined;
      const ask = ({ reference, text }: { reference: number; text: string }) =>
        this.#state.set({ reference: pictures.ids[reference], text });
      results.replaceChildren(wall(pictures, (id) => this.#go(id), ask));
      this.#explained.replaceChildren();
      this.#query.suggest([]);
    } else if (this.#found) this.#showFound(pictures, this.#found);
    else results.replaceChildren(make('p', { class: 'soft waiting' }, 'Searching as soon as the model is there …'));
    this.#map.show(this.#found, state.reference, state.within);
  }

  #showFound(pictures: Pictures, found: Found): void {
    const { state } = this;
    const marks = { ...state, picked: this.#picks!.pickedFor(state.reference, state.text) };
    const actions = {
      go: (id: string) => this.#go(id),
      more: (id: string) => this.#mark('more', id),
      less: (id: string) => this.#mark('less', id),
      pick: (target: string) => this.#pick(target),
    };
    this.#verdict.textContent = verdict(found, pictures.solvedWithin);
    const share = () =>
      navigator.clipboard.writeText(location.href).then(
        () => say('Link copied'),
        () => say(location.href),
      );
    keepingFocus(find('#results'), () => [
      trail(pictures, state, (step) => this.#state.set(goBack(this.state, step)), share),
      this.#verdict,
      columns(pictures, found, marks, actions),
    ]);
    this.#explained.replaceChildren(explanation(pictures, found, this.#words));
    this.#suggest(pictures, found);
    this.#showTuning();
  }

  #suggest(pictures: Pictures, { composed }: Found): void {
    const { features, gallery } = this.#picks!.session;
    if (!features.captions) return;
    const { reference: id } = this.state;
    const reference = pictures.ids.includes(id) ? gallery.featureOf(id) : undefined;
    const chosen = suggest(
      features.captions,
      { features: features.images, reference, found: composed.rows },
      SUGGESTIONS,
    );
    this.#query.suggest(chosen.map((i) => features.captions!.texts[i]));
  }

  #pick(target: string): void {
    const { reference, text } = this.state;
    if (!this.#pictures!.ids.includes(reference) || text === '')
      notice('pick', 'To tune on it, search with a picture of the set and some words.');
    else void this.#picks!.toggle({ reference, text, target });
  }

  #showTuning(): void {
    const picks = this.#picks;
    this.#tuning.hidden = !picks;
    if (!picks || !this.#pictures) return;
    const actions = {
      tune: () => void picks.tune(),
      undo: () => void picks.undo(),
      remove: (index: number) => picks.remove(index),
    };
    keepingFocus(this.#tuning, () => [tunePanel(this.#pictures!, picks.all, picks, actions)]);
  }
}

const isEmpty = ({ reference, text }: State): boolean => reference === '' && text.trim() === '';

/** The query of a state, as the retriever takes it. */
function queryOf({ reference, text, balance, more, less }: State): Query {
  const first = isOwn(reference) ? heldPicture(reference)?.blob : reference || undefined;
  const image = [...(first ? [first] : []), ...more.map((id) => ({ image: id, weight: 0.5 }))];
  const said = text.trim();
  return {
    ...(image.length > 0 && { image }),
    ...(said !== '' && { text: said }),
    ...(balance !== 0 && { weights: { image: 1 - balance, text: 1 + balance } }),
    ...(less.length > 0 && { avoid: { image: less } }),
    truncate: true,
  };
}

function say(text: string): void {
  find('#status').textContent = text;
}
