// The camera over the map: which part of it a canvas shows. Data in, data out; the map's units are those of `toUnits`.

/** A point as [x, y], y downwards. */
export type Point = readonly [x: number, y: number];

/** What is seen: the place in the middle of the canvas, and CSS pixels for each unit of the map. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** Of a canvas, in CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The least rectangle around some places. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** How far a view may go: within the box, and between two scales. */
export interface Bounds {
  readonly box: Box;
  readonly least: number;
  readonly most: number;
}

/** Where a place is on the canvas, in CSS pixels from its upper left corner. */
export function toScreen(view: View, size: Size, [x, y]: Point): Point {
  return [size.width / 2 + (x - view.x) * view.scale, size.height / 2 + (y - view.y) * view.scale];
}

/** The place at a pixel of the canvas: the inverse of `toScreen`. */
export function toPlace(view: View, size: Size, [x, y]: Point): Point {
  return [view.x + (x - size.width / 2) / view.scale, view.y + (y - size.height / 2) / view.scale];
}

/**
 * The view that shows a whole box, as large as it can be.
 * @param margin CSS pixels that stay free on each side, a quarter of the canvas at most
 * @param most what the scale may not exceed, which a box without an extent has it take
 */
export function fitTo(box: Box, size: Size, margin: number, most: number): View {
  const free = (pixels: number) => pixels - 2 * Math.min(margin, pixels / 4);
  const scale = Math.min(free(size.width) / (box.right - box.left), free(size.height) / (box.bottom - box.top), most);
  return { x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, scale };
}

/** The view in which everything is `factor` times as large, and what is at a pixel of the canvas stays there. */
export function zoomAbout(view: View, size: Size, at: Point, factor: number, { least, most }: Bounds): View {
  const scale = clamp(view.scale * factor, least, most);
  const [x, y] = toPlace(view, size, at);
  const shrink = view.scale / scale;
  return { x: x + (view.x - x) * shrink, y: y + (view.y - y) * shrink, scale };
}

/** The view after what it shows was dragged by some pixels. */
export function dragBy(view: View, [x, y]: Point): View {
  return { ...view, x: view.x - x / view.scale, y: view.y - y / view.scale };
}

/** The nearest view within the bounds: the middle of the canvas never leaves the box. */
export function keptWithin(view: View, { box, least, most }: Bounds): View {
  return {
    x: clamp(view.x, box.left, box.right),
    y: clamp(view.y, box.top, box.bottom),
    scale: clamp(view.scale, least, most),
  };
}

/**
 * A view on the way from one to another. Scales change by equal factors in equal times, and the place that is on the
 * same pixel in both views stays on it all the way: the middle is then an affine function of 1 / scale.
 * @param share 0 at the start, 1 at the end
 */
export function between(from: View, to: View, share: number): View {
  const scale = from.scale * (to.scale / from.scale) ** share;
  const isZoom = Math.abs(Math.log(to.scale / from.scale)) > 1e-3;
  const moved = isZoom ? (1 / scale - 1 / from.scale) / (1 / to.scale - 1 / from.scale) : share;
  return { x: mix(from.x, to.x, moved), y: mix(from.y, to.y, moved), scale };
}

export const mix = (from: number, to: number, share: number): number => from + (to - from) * share;

export const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);
