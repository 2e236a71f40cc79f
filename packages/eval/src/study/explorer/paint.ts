import type { MapKind } from '../map/types.ts';
import { EXTENT, type ExplorerData, type PanelData, type Point, relatedTo } from './data.ts';
import { LEAST_PICTURE, pictureSize, toScreen, type View } from './view.ts';

/** What is drawn, in every panel alike. */
export interface Scene {
  readonly data: ExplorerData;
  readonly points: readonly Point[];
  readonly atlas: CanvasImageSource;
  readonly view: View;
  readonly shown: ReadonlySet<MapKind>;
  /** Number of the point that is highlighted. */
  readonly picked: number | undefined;
  /** Whether colour is for the kind, or its strength for the movement apart from neighbours. */
  readonly colour: 'kind' | 'apart';
  readonly colours: Colours;
}

export type Colours = Readonly<Record<MapKind | 'text' | 'muted', string>>;

/** The colours of the page as they are now: they change with light and dark. */
export function coloursOf(element: Element): Colours {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    images: of('rest'),
    texts: of('first'),
    targets: of('second'),
    queries: of('third'),
    text: of('text'),
    muted: of('muted'),
  };
}

/** Captions beside texts need room. */
const CAPTION_FROM = 34;
const CAPTION_LENGTH = 36;

/** Draws one panel. @param size of the canvas, in pixels of the page */
export function paintPanel(
  context: CanvasRenderingContext2D,
  size: number,
  scene: Scene,
  stage: number,
  panel: PanelData,
) {
  const { data, points, view, shown, picked, colours } = scene;
  const side = pictureSize(view, size);
  const at = (positions: readonly number[], i: number) => ({
    x: toScreen(view, size, positions[2 * i] / EXTENT, 'x'),
    y: toScreen(view, size, positions[2 * i + 1] / EXTENT, 'y'),
  });
  context.clearRect(0, 0, size, size);
  for (const [i, point] of points.entries()) {
    if (!shown.has(point.kind)) continue;
    const { x, y } = at(panel.positions, i);
    if (x < -side || y < -side || x > size + side || y > size + side) continue;
    context.globalAlpha = strengthOf(scene, stage, point);
    paintPoint(context, scene, point, x, y, side);
  }
  context.globalAlpha = 1;
  if (picked === undefined) return;
  if (panel.expected && data.moves[stage][points[picked].kind]) {
    paintMovement(context, at(panel.expected, picked), at(panel.positions, picked), colours);
  }
  const related = relatedTo(points, picked);
  const ends = related.filter((i) => points[i].kind === 'queries' || points[i].kind === 'targets');
  if (ends.length === 2) paintLine(context, at(panel.positions, ends[0]), at(panel.positions, ends[1]), colours.muted);
  for (const i of related) {
    const { x, y } = at(panel.positions, i);
    const large = Math.max(side, i === picked ? 34 : 20);
    paintPoint(context, scene, points[i], x, y, large);
    const reach = points[i].picture === undefined ? 7 : large / 2 + 3;
    context.strokeStyle = colours.text;
    context.lineWidth = i === picked ? 3 : 1.5;
    context.strokeRect(x - reach, y - reach, 2 * reach, 2 * reach);
  }
}

function strengthOf({ data, colour, picked }: Scene, stage: number, { kind, at }: Point): number {
  const faded = picked === undefined ? 1 : 0.45;
  if (colour === 'kind') return 0.75 * faded;
  const apart = data.moves[stage][kind]?.apart[at];
  return (apart === undefined || apart === null ? 0.15 : 0.3 + 0.7 * Math.min(1, apart)) * faded;
}

function paintPoint(context: CanvasRenderingContext2D, scene: Scene, point: Point, x: number, y: number, side: number) {
  const { data, atlas, colours, colour } = scene;
  const { kind, picture, at } = point;
  context.fillStyle = colours[kind];
  if (picture !== undefined && side >= LEAST_PICTURE) {
    const { tile, columns } = data;
    // In the other colouring a picture would hide what it is about.
    const edge = colour === 'apart' ? 4 : 2;
    context.fillRect(x - side / 2 - edge, y - side / 2 - edge, side + 2 * edge, side + 2 * edge);
    const [left, top] = [(picture % columns) * tile, Math.floor(picture / columns) * tile];
    context.globalAlpha = 1;
    context.drawImage(atlas, left, top, tile, tile, x - side / 2, y - side / 2, side, side);
    return;
  }
  context.beginPath();
  context.arc(x, y, Math.min(5, Math.max(1.7, side / 3)), 0, 2 * Math.PI);
  context.fill();
  if (kind !== 'texts' || side < CAPTION_FROM) return;
  const { caption } = data.queries[at];
  context.fillStyle = colours.text;
  context.font = '11px system-ui, sans-serif';
  context.fillText(caption.length > CAPTION_LENGTH ? `${caption.slice(0, CAPTION_LENGTH)}…` : caption, x + 8, y + 4);
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** From where a point would be had it moved as its neighbours did, to where it is. */
function paintMovement(context: CanvasRenderingContext2D, from: Place, to: Place, { queries, text }: Colours) {
  context.setLineDash([5, 4]);
  paintLine(context, from, to, text);
  context.setLineDash([]);
  context.strokeStyle = queries;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(from.x, from.y, 5, 0, 2 * Math.PI);
  context.stroke();
}

function paintLine(context: CanvasRenderingContext2D, from: Place, to: Place, colour: string) {
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(from.x, from.y);
  context.lineTo(to.x, to.y);
  context.stroke();
}

/** The point nearest to a pixel, within reach: what lies on top first. */
export function pointAt({ points, view, shown }: Scene, size: number, panel: PanelData, x: number, y: number) {
  const reach = Math.max(14, pictureSize(view, size) / 2);
  let best: { readonly i: number; readonly distance: number } | undefined;
  for (const [i, { kind }] of points.entries()) {
    if (!shown.has(kind)) continue;
    const right = toScreen(view, size, panel.positions[2 * i] / EXTENT, 'x') - x;
    const down = toScreen(view, size, panel.positions[2 * i + 1] / EXTENT, 'y') - y;
    const distance = Math.hypot(right, down);
    if (distance <= (best?.distance ?? reach)) best = { i, distance };
  }
  return best?.i;
}
