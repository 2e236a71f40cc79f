import type { RawImage } from '@webcir/clip';
import type { SearchResult } from 'webcir';
import { drawn } from './catalogue.ts';

/** The element of a selector that the page has. */
export const find = <T extends Element = HTMLElement>(selector: string): T => document.querySelector<T>(selector)!;

/** Searches for the text of the form: now, and whenever the form is sent. */
export async function onSearch(search: (text: string) => Promise<void>): Promise<void> {
  const now = () => search(find<HTMLInputElement>('form [type=text]').value);
  find<HTMLFormElement>('form').onsubmit = (event) => {
    event.preventDefault();
    void now();
  };
  find<HTMLButtonElement>('form button').disabled = false;
  await now();
}

/** Shows what was found in the place of what is there. @param choose called with the id of an image that is clicked */
export function showFound(
  found: readonly SearchResult[],
  photos: ReadonlyMap<string, RawImage>,
  choose: (id: string) => void,
): void {
  find('#found').replaceChildren(
    ...found.map(({ id, score }) => {
      const [figure, caption] = [document.createElement('figure'), document.createElement('figcaption')];
      caption.append(score.toFixed(3));
      figure.append(drawn(photos.get(id)!), caption);
      figure.onclick = () => choose(id);
      figure.dataset.id = id;
      figure.dataset.score = String(score);
      return figure;
    }),
  );
}
