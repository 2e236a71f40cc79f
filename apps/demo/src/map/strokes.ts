// Lines over the map: the arrow from the reference by the query to the target, and what the lasso has drawn.

import { inUnits } from './places.ts';
import type { Scene } from './scene.ts';
import { mix, type Point, type Size, toScreen, type View } from './view.ts';

/** Floats of a stroke: two ends, half its width, how far along its line it begins, length of a dash, colour. */
export const STROKE = 8;

/** Colours by their place in map.wgsl. */
export const COLOURS = { background: 0, dot: 1, found: 2, reference: 3, target: 4, arrow: 5, text: 6 };

/** A length of dashes that stands for a diamond around the first end. */
const DIAMOND = -1;
const [SEGMENTS, HEAD] = [24, 9];

/** A line or a mark: corners, and how it is drawn. All lengths are CSS pixels. */
interface Line {
  readonly corners: readonly Point[];
  readonly halfWidth: number;
  readonly dash?: number;
  readonly colour: number;
}

/** The lines of what a search did: [strokes, STROKE]. */
export function arrowStrokes(scene: Scene, view: View, size: Size): Float32Array<ArrayBuffer> {
  const { reference, query, target } = scene.shown;
  const endOf = (id: string | undefined) => {
    const row = id === undefined ? undefined : scene.rowOf(id);
    if (row === undefined) return undefined;
    return { at: toScreen(view, size, scene.placeOf(row)), room: scene.diameter(row) / 2 + 9 };
  };
  const [from, to] = [endOf(reference), endOf(target)];
  const by = query && { at: toScreen(view, size, inUnits(scene.units, query)), room: 10 };
  const lines: Line[] = [];
  const dash = 5;
  const colour = COLOURS.arrow;
  if (from && by) lines.push(...arrow(from, by, { halfWidth: 1.6, colour }));
  if (by && to) lines.push(...arrow(by, to, { halfWidth: 1.6, colour, dash }));
  if (from && to && !by) lines.push(...arrow(from, to, { halfWidth: 1.6, colour }));
  if (by) lines.push({ corners: [by.at, by.at], halfWidth: 5.5, dash: DIAMOND, colour });
  // A rim in the colour of the background sets it off from what lies below.
  const rims = lines.map((line) => ({
    ...line,
    halfWidth: line.halfWidth + 2,
    dash: line.dash === DIAMOND ? DIAMOND : 0,
    colour: COLOURS.background,
  }));
  // The query is no image: a diamond that is hollow.
  const hollow = by ? [{ corners: [by.at, by.at], halfWidth: 3, dash: DIAMOND, colour: COLOURS.background }] : [];
  return strokesOf([...rims, ...lines, ...hollow]);
}

/** The line that a lasso has drawn so far, and the one that would close it. @param corners CSS pixels */
export function lassoStrokes(corners: readonly Point[]): Float32Array<ArrayBuffer> {
  if (corners.length < 2) return new Float32Array(0);
  const colour = COLOURS.text;
  return strokesOf([
    { corners, halfWidth: 1.1, colour },
    { corners: [corners.at(-1)!, corners[0]], halfWidth: 0.8, dash: 4, colour },
  ]);
}

/** An arc from one end to another, which leaves room for what is there, and its head; nothing where there is no room. */
function arrow(from: End, to: End, look: Omit<Line, 'corners'>): Line[] {
  const [dx, dy] = [to.at[0] - from.at[0], to.at[1] - from.at[1]];
  const length = Math.hypot(dx, dy);
  if (length < from.room + to.room + 1.5 * HEAD) return [];
  // A quadratic Bézier curve that bends by an eighth of its length.
  const bend = 0.25;
  const control: Point = [(from.at[0] + to.at[0]) / 2 + bend * dy, (from.at[1] + to.at[1]) / 2 - bend * dx];
  const on = (t: number): Point => {
    const axis = (i: 0 | 1) => mix(mix(from.at[i], control[i], t), mix(control[i], to.at[i], t), t);
    return [axis(0), axis(1)];
  };
  // Along the curve, which is little longer than the line.
  const [start, end] = [from.room / (1.05 * length), 1 - to.room / (1.05 * length)];
  const corners = Array.from({ length: SEGMENTS + 1 }, (_, i) => on(mix(start, end, i / SEGMENTS)));
  const [tip, before] = [corners.at(-1)!, on(end - HEAD / length)];
  const back = Math.atan2(before[1] - tip[1], before[0] - tip[0]);
  const barb = (turn: number): Point => [tip[0] + HEAD * Math.cos(back + turn), tip[1] + HEAD * Math.sin(back + turn)];
  return [
    { ...look, corners },
    { ...look, dash: 0, corners: [barb(0.5), tip, barb(-0.5)] },
  ];
}

interface End {
  readonly at: Point;
  /** How far from it the line stays. */
  readonly room: number;
}

function strokesOf(lines: readonly Line[]): Float32Array<ArrayBuffer> {
  const values: number[] = [];
  for (const { corners, halfWidth, dash = 0, colour } of lines) {
    let along = 0;
    for (let i = 1; i < corners.length; i++) {
      const [a, b] = [corners[i - 1], corners[i]];
      values.push(...a, ...b, halfWidth, along, dash, colour);
      along += Math.hypot(b[0] - a[0], b[1] - a[1]);
    }
  }
  return Float32Array.from(values);
}
