type Child = Node | string | undefined | false;

/** Properties of an element: what it has as properties, `data` and `aria` with their own names, `on` for events. */
export interface Properties {
  readonly class?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly aria?: Readonly<Record<string, string | undefined>>;
  readonly on?: Readonly<Record<string, (event: never) => void>>;
  readonly [property: string]: unknown;
}

/** Makes an element. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { class: classes, data = {}, aria = {}, on = {}, ...properties }: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  Object.assign(element, properties);
  Object.assign(element.dataset, data);
  for (const [name, value] of Object.entries(aria))
    if (value !== undefined) element.setAttribute(`aria-${name}`, value);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener as EventListener);
  element.append(...children.filter((child) => child !== undefined && child !== false));
  return element;
}

/** The element of a selector, which the page has. */
export const find = <T extends Element = HTMLElement>(selector: string): T => document.querySelector<T>(selector)!;

/**
 * Makes a list one stop of the tab key: arrows, Home and End move in it. Of a grid, up and down go by rows. Other buttons
 * of the item that has the focus are the next stops.
 * @param of the elements in it that arrows reach
 */
export function rove(list: HTMLElement, of: string): void {
  const stops = () => [...list.querySelectorAll<HTMLElement>(of)];
  const only = (stop: HTMLElement) => {
    for (const other of list.querySelectorAll<HTMLElement>(`${of}, li button`)) {
      const isNear = other === stop || (other.closest('li')?.contains(stop) && !other.matches(of));
      other.tabIndex = isNear ? 0 : -1;
    }
  };
  list.addEventListener('focusin', ({ target }) => {
    const item = (target as Element).closest('li') ?? list;
    const stop = (target as Element).closest<HTMLElement>(of) ?? item.querySelector<HTMLElement>(of);
    if (stop) only(stop);
  });
  list.addEventListener('keydown', (event) => {
    const all = stops();
    const at = all.indexOf((event.target as Element).closest<HTMLElement>(of)!);
    if (at < 0) return;
    const top = (stop: HTMLElement) => stop.getBoundingClientRect().top;
    const perRow = Math.max(
      1,
      all.findIndex((stop) => top(stop) > top(all[0]) + 1),
    );
    const to = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      ArrowDown: at + perRow,
      ArrowUp: at - perRow,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    all[to].focus();
  });
}
