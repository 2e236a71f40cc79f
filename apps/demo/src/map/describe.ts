// The map in words, for those who do not see it.
import type { Shown } from './scene.ts';

const KEYS =
  'Arrow keys move the map, plus and minus zoom, 0 shows all of it. ' +
  'The bracket keys, or N and P, go through what was found; Enter takes one.';

/** How many of what was found are named. */
const NAMED = 10;

/** What a map shows, as sentences. @param count of its images */
export function describeShown(
  { reference, target, found }: Shown,
  count: number,
  labelOf: (id: string) => string,
): string {
  const sentences = [`${count} ${count === 1 ? 'image' : 'images'}.`];
  if (reference !== undefined) sentences.push(`Reference: ${labelOf(reference)}.`);
  if (target !== undefined) {
    const rank = found.indexOf(target) + 1;
    sentences.push(`Target: ${labelOf(target)}, ${rank > 0 ? `rank ${rank}` : 'not among what was found'}.`);
  }
  if (found.length > 0) {
    const more = found.length > NAMED ? `, and ${found.length - NAMED} more` : '';
    sentences.push(`Found, best first: ${found.slice(0, NAMED).map(labelOf).join(', ')}${more}.`);
  }
  return sentences.join(' ');
}

/** One image of a map, as a phrase. */
export function describeImage(
  id: string,
  { reference, target, found }: Shown,
  labelOf: (id: string) => string,
): string {
  const rank = found.indexOf(id) + 1;
  return [
    labelOf(id),
    ...(rank > 0 ? [`rank ${rank} of ${found.length}`] : []),
    ...(id === reference ? ['the reference'] : []),
    ...(id === target ? ['the target'] : []),
  ].join(', ');
}

/** The words beside a canvas. */
export interface Words {
  /** What the canvas shows, read when it gets the focus. */
  describe(text: string): void;
  /** What has just happened, read at once. */
  say(text: string): void;
  dispose(): void;
}

/** Makes a canvas, which stands in a page, something that has a name, takes the focus and is described. */
export function addWords(canvas: HTMLCanvasElement): Words {
  const [hidden, keys, description, status] = ['div', 'p', 'p', 'p'].map((tag) => document.createElement(tag));
  hidden.id = `map-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  keys.textContent = KEYS;
  status.role = 'status';
  // Seen by nobody, but not hidden from those who listen.
  Object.assign(hidden.style, { position: 'absolute', width: '1px', height: '1px', overflow: 'hidden' });
  hidden.style.clipPath = 'inset(50%)';
  hidden.append(description, keys, status);
  canvas.after(hidden);
  canvas.role = 'application';
  canvas.tabIndex = 0;
  canvas.ariaLabel ??= 'Map of the images';
  canvas.setAttribute('aria-describedby', hidden.id);
  return {
    describe: (text) => void (description.textContent = text),
    say: (text) => void (status.textContent = text),
    dispose() {
      hidden.remove();
      for (const name of ['role', 'tabindex', 'aria-describedby']) canvas.removeAttribute(name);
    },
  };
}
