import { createGalleryMap, type GalleryMap, placeOfQuery, type Tool } from '../map/map.ts';
import type { Pictures } from '../pack.ts';
import type { Found } from '../search.ts';
import { make } from './elements.ts';

/** What a visitor does on the map. */
export interface MapActions {
  pick(id: string): void;
  /** Searches within these from now on; in all, where there are none. */
  within(ids: readonly string[]): void;
}

/** How many results stand out on the map. */
const SHOWN = 12;

/** The gallery as a map, with what was searched and found. */
export class MapPanel {
  readonly element: HTMLElement;
  readonly #canvas = make('canvas', { class: 'map' });
  readonly #hovered = make('p', { class: 'hovered soft', aria: { live: 'polite' } });
  readonly #tools: Record<Tool, HTMLButtonElement>;
  readonly #within = make('div', { class: 'within', hidden: true });
  readonly #actions: MapActions;
  #map: GalleryMap | undefined;
  #pictures: Pictures | undefined;
  #places: Float32Array | undefined;
  #shown: readonly string[] = [];

  constructor(actions: MapActions) {
    this.#actions = actions;
    const tool = (name: Tool, label: string, title: string) =>
      make(
        'button',
        { type: 'button', title, aria: { pressed: String(name === 'pan') }, on: { click: () => this.#use(name) } },
        label,
      );
    this.#tools = {
      pan: tool('pan', 'Move', 'Dragging moves the map'),
      lasso: tool('lasso', 'Lasso', 'Draw around pictures to search within them'),
    };
    const button = (label: string, title: string, click: () => void) =>
      make('button', { type: 'button', title, on: { click } }, label);
    this.element = make(
      'section',
      { class: 'map-panel', aria: { label: 'Map of all pictures' } },
      make('h2', {}, 'Map'),
      make(
        'div',
        { class: 'buttons' },
        ...Object.values(this.#tools),
        button('+', 'Closer', () => this.#map?.zoomBy(1.6)),
        button('−', 'Farther', () => this.#map?.zoomBy(1 / 1.6)),
        button('Results', 'Show the results', () => this.#shown.length > 0 && this.#map?.zoomTo(this.#shown)),
        button('All', 'Show all pictures', () => this.#map?.fit()),
      ),
      this.#canvas,
      this.#within,
      this.#hovered,
    );
  }

  /** Shows another set of pictures. */
  async open(pictures: Pictures, places: Float32Array, device: GPUDevice): Promise<void> {
    this.close();
    const image = await pictures.tiles.pixels();
    this.#pictures = pictures;
    this.#places = places;
    this.#map = createGalleryMap(this.#canvas, {
      device,
      ids: pictures.ids,
      places,
      atlas: { image, tile: pictures.tiles.tile, columns: pictures.tiles.columns },
      labelOf: (id) => pictures.labels[pictures.ids.indexOf(id)],
      onPick: this.#actions.pick,
      onHover: (id) => {
        this.#hovered.textContent = id === undefined ? '' : pictures.labels[pictures.ids.indexOf(id)];
      },
      onLasso: (ids) => {
        this.#use('pan');
        this.#actions.within(ids);
      },
    });
  }

  /** Goes on with the device that took the place of a lost one. */
  rebind(device: GPUDevice): void {
    this.#map?.rebind(device);
  }

  /** Shows a search: an arrow from the reference over the query to the target, and what was found. */
  show(found: Found | undefined, reference: string, within: readonly string[]): void {
    if (!this.#map || !this.#pictures) return;
    const { ids } = this.#pictures;
    this.#showWithin(within);
    const inside = within.length > 0 ? new Set(within) : undefined;
    this.#shown = found ? found.composed.rows.slice(0, SHOWN).map((row) => ids[row]) : [];
    this.#map.show({
      ...(ids.includes(reference) && { reference }),
      ...(found && { query: placeOfQuery(found.composed.scores, this.#places!) }),
      ...(found?.target !== undefined && { target: ids[found.target] }),
      found: this.#shown,
      ...(inside && { dimmed: new Set(ids.filter((id) => !inside.has(id))) }),
    });
  }

  close(): void {
    this.#map?.dispose();
    this.#map = undefined;
  }

  #use(tool: Tool): void {
    this.#map?.setTool(tool);
    for (const [name, button] of Object.entries(this.#tools))
      button.setAttribute('aria-pressed', String(name === tool));
  }

  #showWithin(within: readonly string[]): void {
    this.#within.hidden = within.length === 0;
    if (within.length === 0) return;
    this.#within.replaceChildren(
      make('span', {}, `Searching within ${within.length} pictures. `),
      make('button', { type: 'button', on: { click: () => this.#actions.within([]) } }, 'Search all'),
      make('button', { type: 'button', on: { click: () => saveList(this.#pictures!, within) } }, 'Export'),
    );
  }
}

/** Hands the visitor a file with the names of pictures. */
function saveList({ name, ids, labels }: Pictures, chosen: readonly string[]): void {
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const lines = chosen.map((id) => `${quoted(id)},${quoted(labels[ids.indexOf(id)] ?? '')}`);
  const href = URL.createObjectURL(new Blob([`id,label\n${lines.join('\n')}\n`], { type: 'text/csv' }));
  make('a', { href, download: `${name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
