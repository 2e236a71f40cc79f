import { Html, html } from '../../report/html.ts';
import { EXTENT, type ExplorerData, type MovesData, type PanelData } from '../explorer/data.ts';
import script from '../explorer/main.ts?script';
import { KINDS, type MapLayout, type StudyMap } from '../map/types.ts';
import { STAGES } from '../space.ts';

/** How an atlas is laid out: square pictures in rows. */
export interface AtlasOptions {
  /** Width and height of each picture in pixels: a smaller one stands in the middle, on white. */
  readonly tile: number;
  /** Pictures in a row. */
  readonly columns: number;
}

const TILE = 48;

/** What the maps of a page need besides their data: a classic script. */
export const explorerScript = (): string => script;

/** The maps of a section as a part of the page that its script brings to life, hidden until then. */
export async function renderExplorer(
  map: StudyMap,
  atlas: (images: readonly string[], options: AtlasOptions) => Promise<string>,
): Promise<Html> {
  const data = explorerData(map);
  const choice = (name: string, values: readonly (readonly [value: string, label: string])[]) =>
    values.map(
      ([value, label], i) =>
        html`<label><input type="radio" name="${name}" value="${value}"${i === 0 ? ' checked' : ''}>${label}</label>`,
    );
  const hasMoves = data.moves.some((moves) => Object.keys(moves).length > 0);
  return html`<div class="explorer" role="group" aria-label="Maps to move about in" hidden>
<p class="muted" id="explorer-help">Point at a dot to see the same point in every map, with its pictures and its caption; a
line joins a query and its target, and a dashed one leads from where a point would be had it moved as its neighbours did.
Drag, or pinch with two fingers, to move and zoom; so does the wheel once a map was clicked, or with Ctrl. Keys: arrows,
+ and −, 0 for the whole, N and P for the next point and the one before, Escape.</p>
<div class="controls">
<fieldset><legend>Axes</legend>
${choice(
  'layout',
  data.layouts.map(({ name }) => [name, name]),
)}
</fieldset>
<fieldset><legend>Colour</legend>
${choice('colour', [['kind', 'what it is'], ...(hasMoves ? ([['apart', 'movement apart from neighbours']] as const) : [])])}
</fieldset>
<fieldset class="kinds"><legend>Show</legend>
${KINDS.map(
  (kind) =>
    html`<label><input type="checkbox" value="${kind}" checked><span class="swatch ${kind}"></span>${kind}</label>`,
)}
</fieldset>
<span><button type="button" class="zoom-out" aria-label="Zoom out">−</button>
<button type="button" class="zoom-in" aria-label="Zoom in">+</button>
<button type="button" class="zoom-home">Whole map</button></span>
</div>
<div class="panels">
${data.stages.map(
  (stage) => html`<figure class="panel"><figcaption>${stage}</figcaption>
<canvas tabindex="0" role="application" aria-label="Map, ${stage}" aria-describedby="explorer-help"></canvas></figure>`,
)}
</div>
<div class="card" aria-live="polite">Point at a dot.</div>
<img class="atlas" alt="" hidden src="${await atlas(data.pictures, { tile: data.tile, columns: data.columns })}">
<script type="application/json" class="explorer-data">${new Html(JSON.stringify(data).replaceAll('<', '\\u003c'))}</script>
</div>`;
}

/** The data of the page's maps. */
export function explorerData({ images, queries, layouts, moves }: StudyMap): ExplorerData {
  const ids = [...images, ...queries.flatMap(({ reference, target }) => [reference, target])];
  const pictures = [...new Set(ids)];
  const numbers = new Map(pictures.map((id, i) => [id, i]));
  const { panels } = layouts[0];
  return {
    stages: panels.map(({ stage }) => STAGES[stage]),
    pictures,
    tile: TILE,
    columns: Math.ceil(Math.sqrt(pictures.length)),
    images: images.map((id) => numbers.get(id)!),
    queries: queries.map(({ caption, reference, target }) => ({
      caption,
      reference: numbers.get(reference)!,
      target: numbers.get(target)!,
    })),
    layouts: layouts.map(({ name, panels }) => ({ name, panels: wholeNumbers(panels) })),
    moves: panels.map(({ stage }) =>
      Object.fromEntries(
        Object.entries(moves[stage] ?? {}).map(([kind, { apart, kept }]): [string, MovesData] => [
          kind,
          { apart: shares(apart), kept: shares(kept) },
        ]),
      ),
    ),
  };
}

const shares = (values: Float64Array): (number | null)[] =>
  Array.from(values, (value) => (Number.isNaN(value) ? null : Number(value.toFixed(3))));

/**
 * Fits all panels of a layout into one square, each axis by itself: a stage that drives one set far off would leave most
 * of the square empty. Upright, too: y grows upwards in a plot, and downwards on a page.
 */
function wholeNumbers(panels: MapLayout['panels']): PanelData[] {
  const ends = ([0, 1] as const).map((axis) => {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { positions } of panels) {
      for (let at = axis; at < positions.length; at += 2) {
        low = Math.min(low, positions[at]);
        high = Math.max(high, positions[at]);
      }
    }
    return { low, span: high - low || 1 };
  });
  const whole = (positions: Float64Array) =>
    Array.from(positions, (value, at) => {
      const { low, span } = ends[at % 2];
      const share = (value - low) / span;
      return Math.round(EXTENT * (at % 2 ? 1 - share : share));
    });
  return panels.map(({ positions, expected }) => ({
    positions: whole(positions),
    ...(expected && { expected: whole(expected) }),
  }));
}
