/** Where a visitor was: a reference and what was asked of it. */
export interface Step {
  readonly reference: string;
  readonly text: string;
}

/** What is searched for, and how the visitor came here. */
export interface State extends Step {
  /** Name of the set of pictures. */
  readonly set: string;
  /** Id of the reference image; '' while none has been picked. */
  readonly reference: string;
  /** How the wanted image differs. */
  readonly text: string;
  /** From -1, the image counts, to 1, the text counts. */
  readonly balance: number;
  /** "More like these", "less like these". */
  readonly more: readonly string[];
  readonly less: readonly string[];
  /** The steps before this one, oldest first. */
  readonly trail: readonly Step[];
  /** The images that are searched, where not all are. */
  readonly within: readonly string[];
}

export const START: State = {
  set: '',
  reference: '',
  text: '',
  balance: 0,
  more: [],
  less: [],
  trail: [],
  within: [],
};

/** How many steps a trail, and so an address, keeps. */
const MAX_TRAIL = 12;

/** Goes on from an image: what was asked before joins the trail. */
export function goTo(state: State, reference: string, text = ''): State {
  const { reference: from, text: asked } = state;
  const trail = from === '' ? state.trail : [...state.trail, { reference: from, text: asked }].slice(-MAX_TRAIL);
  return { ...state, reference, text, more: [], less: [], trail };
}

/** Goes back to a step of the trail. */
export function goBack(state: State, index: number): State {
  return { ...state, ...state.trail[index], more: [], less: [], trail: state.trail.slice(0, index) };
}

/** Adds an id to a list, or takes it out. */
export const toggled = (list: readonly string[], id: string): readonly string[] =>
  list.includes(id) ? list.filter((other) => other !== id) : [...list, id];

/** A state as the part of an address behind '#', so that a link leads to it. What `within` holds stays here. */
export function toAddress(state: State): string {
  const query = new URLSearchParams();
  for (const key of ['set', 'reference', 'text'] as const) if (state[key] !== '') query.set(key, state[key]);
  if (state.balance !== 0) query.set('balance', String(state.balance));
  for (const key of ['more', 'less'] as const) for (const id of state[key]) query.append(key, id);
  for (const { reference, text } of state.trail) query.append('from', `${reference} ${text}`);
  return `#${query}`;
}

/** The state of an address; what it does not say, or says wrongly, is as at the start. */
export function fromAddress(hash: string): State {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const balance = Number(query.get('balance'));
  return {
    ...START,
    set: query.get('set') ?? '',
    reference: query.get('reference') ?? '',
    text: query.get('text') ?? '',
    balance: balance >= -1 && balance <= 1 ? balance : 0,
    more: query.getAll('more'),
    less: query.getAll('less'),
    trail: query
      .getAll('from')
      .slice(-MAX_TRAIL)
      .map((step) => {
        const end = step.indexOf(' ');
        return end < 0 ? { reference: step, text: '' } : { reference: step.slice(0, end), text: step.slice(end + 1) };
      }),
  };
}

/** A value that tells who wants to know when it changes. */
export class Store<T extends object> {
  #value: T;
  readonly #listeners: ((now: T, before: T) => void)[] = [];

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  /** Changes some of it, and tells. */
  set(change: Partial<T>): void {
    const before = this.#value;
    this.#value = { ...before, ...change };
    for (const listener of this.#listeners) listener(this.#value, before);
  }

  listen(listener: (now: T, before: T) => void): void {
    this.#listeners.push(listener);
  }
}
