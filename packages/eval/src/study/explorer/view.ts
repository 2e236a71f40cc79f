/** What all panels show: the middle, in parts of the whole map, and how much larger than the whole it is drawn. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly zoom: number;
}

/** The whole map. */
export const HOME: View = { x: 0.5, y: 0.5, zoom: 1 };

const MOST = 64;
/** Of the panel that the whole map leaves free on each side. */
const MARGIN = 0.05;

const between = (low: number, value: number, high: number): number => Math.min(high, Math.max(low, value));

/** Pixels of a panel of `size` that the whole map takes. */
const scaleOf = ({ zoom }: View, size: number): number => size * (1 - 2 * MARGIN) * zoom;

/** Where a place of the map is drawn on a panel of `size` pixels. */
export const toScreen = (view: View, size: number, place: number, axis: 'x' | 'y'): number =>
  (place - view[axis]) * scaleOf(view, size) + size / 2;

/** The view moved by pixels, as a hand moves paper. */
export const panned = (view: View, size: number, right: number, down: number): View => ({
  ...view,
  x: between(0, view.x - right / scaleOf(view, size), 1),
  y: between(0, view.y - down / scaleOf(view, size), 1),
});

/** The view enlarged around a pixel, which keeps showing the same place. */
export function zoomed(view: View, size: number, by: number, atX = size / 2, atY = size / 2): View {
  const zoom = between(1, view.zoom * by, MOST);
  if (zoom === 1) return HOME;
  const [right, down] = [atX - size / 2, atY - size / 2];
  const [before, after] = [scaleOf(view, size), scaleOf({ ...view, zoom }, size)];
  return {
    zoom,
    x: between(0, view.x + right / before - right / after, 1),
    y: between(0, view.y + down / before - down / after, 1),
  };
}

/** The view moved so that a place is in it, where it is not. */
export function showing(view: View, x: number, y: number): View {
  const reach = 0.5 / view.zoom;
  const near = (place: number, middle: number) => (Math.abs(place - middle) <= reach ? middle : place);
  return { ...view, x: near(x, view.x), y: near(y, view.y) };
}

/** Width of a picture in pixels: it grows more slowly than the map, so that pictures part as one zooms. */
export const pictureSize = ({ zoom }: View, size: number): number => Math.min(72, (size / 400) * 6 * zoom ** 0.8);

/** Smaller pictures are dots. */
export const LEAST_PICTURE = 15;
