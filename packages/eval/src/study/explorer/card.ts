import type { ExplorerData, Point } from './data.ts';

/** What a kind of point is called. */
const NAMES = { images: 'Gallery image', texts: 'Text', targets: 'Target', queries: 'Query' } as const;

/** Fills the card with a point: its pictures, its caption, and what each stage did to its neighbourhood. */
export function fillCard(card: HTMLElement, data: ExplorerData, point: Point, atlas: CanvasImageSource): void {
  const query = point.kind === 'images' ? undefined : data.queries[point.at];
  const picture = (number: number, what: string) => pictureOf(data, atlas, number, what);
  const pictures = query
    ? [picture(query.reference, 'Reference'), element('span', '→'), picture(query.target, 'Target')]
    : [picture(point.picture!, 'Image')];
  const text = element('div');
  text.append(element('b', NAMES[point.kind]));
  text.append(query ? element('p', `“${query.caption}”`) : element('p', data.pictures[point.picture!]));
  for (const move of movesOf(data, point)) text.append(element('p', move, 'muted'));
  card.replaceChildren(...pictures, text);
}

function* movesOf({ stages, moves }: ExplorerData, { kind, at }: Point): Generator<string> {
  for (const [stage, name] of stages.entries()) {
    const found = moves[stage][kind];
    const [apart, kept] = [found?.apart[at], found?.kept[at]];
    const said = [
      kept === undefined || kept === null ? [] : `${Math.round(100 * kept)}\u00a0% of its nearest images as before`,
      apart === undefined || apart === null
        ? []
        : `${Math.round(100 * apart)}\u00a0% of its movement apart from its neighbours`,
    ].flat();
    if (said.length > 0) yield `${name}: ${said.join(', ')}`;
  }
}

function pictureOf({ tile, columns, pictures }: ExplorerData, atlas: CanvasImageSource, number: number, what: string) {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = tile;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `${what}: ${pictures[number]}`);
  canvas.title = `${what}: ${pictures[number]}`;
  const [left, top] = [(number % columns) * tile, Math.floor(number / columns) * tile];
  canvas.getContext('2d')!.drawImage(atlas, left, top, tile, tile, 0, 0, tile, tile);
  return canvas;
}

function element(name: string, text = '', className = ''): HTMLElement {
  const made = document.createElement(name);
  made.textContent = text;
  made.className = className;
  return made;
}
