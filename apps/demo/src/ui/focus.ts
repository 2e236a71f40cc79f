/**
 * Draws a part of the page anew. The focus goes to what stands where it was: the same button of the same picture, or the
 * button of the same label.
 */
export function keepingFocus(part: HTMLElement, draw: () => readonly Node[]): void {
  const focused = part.contains(document.activeElement) ? (document.activeElement as HTMLElement) : undefined;
  const scrolled = [...part.querySelectorAll('ol')].map(({ scrollTop }) => scrollTop);
  const find = focused && finderOf(focused);
  part.replaceChildren(...draw());
  for (const [i, list] of [...part.querySelectorAll('ol')].entries()) list.scrollTop = scrolled[i] ?? 0;
  if (find) (find(part) ?? part).focus({ preventScroll: true });
}

/** What finds an element again in a part that was drawn anew. */
function finderOf(focused: HTMLElement): (part: HTMLElement) => HTMLElement | undefined {
  const column = focused.closest<HTMLElement>('[data-kind]')?.dataset.kind;
  const id = focused.closest<HTMLElement>('[data-id]')?.dataset.id;
  const label = focused.textContent;
  return (part) => {
    const within = (column && part.querySelector<HTMLElement>(`[data-kind="${column}"]`)) || part;
    const item = id === undefined ? within : within.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
    const same = [...(item?.querySelectorAll<HTMLElement>(focused.tagName) ?? [])];
    return same.find((other) => other.className === focused.className && other.textContent === label);
  };
}
