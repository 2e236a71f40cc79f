// A gallery as a map: dots that become pictures as one comes closer, drawn on the device that searches.
import { addWords, describeImage, describeShown } from './describe.ts';
import { frames } from './frames.ts';
import { type Command, listen, type Tool } from './input.ts';
import { rowsWithin } from './lasso.ts';
import { boxOf } from './places.ts';
import { createRenderer } from './renderer.ts';
import { Scene, type Shown } from './scene.ts';
import { arrowStrokes, lassoStrokes } from './strokes.ts';
import { type Atlas, checkAtlas } from './textures.ts';
import { watchTheme } from './theme.ts';
import {
  type Bounds,
  between,
  clamp,
  dragBy,
  fitTo,
  keptWithin,
  type Point,
  type Size,
  toPlace,
  toScreen,
  type View,
  zoomAbout,
} from './view.ts';

export type { Tool } from './input.ts';
export { placeOfQuery } from './places.ts';
export type { Shown } from './scene.ts';
export type { Atlas } from './textures.ts';

/** What a map is made of, and whom it tells. */
export interface MapOptions {
  /** May be the one that searches, and that others draw with. */
  readonly device: GPUDevice;
  readonly ids: readonly string[];
  /** [ids, 2], of any scale, y downwards. */
  readonly places: Float32Array;
  readonly atlas: Atlas;
  /** What an image is called, for screen readers. */
  labelOf(id: string): string;
  /** An image was clicked, tapped, or taken with Enter. */
  onPick(id: string): void;
  /** The pointer, or the keyboard, is on another image, or on none. */
  onHover(id: string | undefined): void;
  /** The images in the polygon that was drawn, or all in view where Enter was pressed with the lasso. */
  onLasso(ids: string[]): void;
}

/** A map on a canvas. */
export interface GalleryMap {
  /** Shows another search in the place of the one before. @throws RangeError for an id that the map does not have */
  show(shown: Shown): void;
  /**
   * Moves the images to other places, as [ids, 2]. The query has none among them until `show` says so.
   * @throws RangeError where one is missing or not finite
   */
  moveTo(places: Float32Array): void;
  /** What dragging does from now on. */
  setTool(tool: Tool): void;
  /** Shows all images. */
  fit(): void;
  zoomBy(factor: number): void;
  /** Shows some images, as large as they get. */
  zoomTo(ids: readonly string[]): void;
  /**
   * Goes on with another device, after the one before was lost: until then nothing is drawn.
   * @throws RangeError where the atlas is too large for it
   */
  rebind(device: GPUDevice): void;
  dispose(): void;
}

/** How long things move, in milliseconds. */
const [STEP, JOURNEY, SEARCH, MOVE] = [140, 450, 350, 700];

/**
 * Makes a map. The canvas stands in the page, whose CSS gives it its size, and may give it colours:
 * `--map-background`, `--map-dot`, `--map-found`, `--map-reference`, `--map-target`, `--map-arrow` and `color`.
 *
 * @throws RangeError for an atlas too small for the images or too large for the device, for places that are missing or
 *   not finite; Error for a canvas that has another context
 */
export function createGalleryMap(canvas: HTMLCanvasElement, options: MapOptions): GalleryMap {
  const { ids, atlas, labelOf } = options;
  checkAtlas(atlas, ids.length, options.device);
  const scene = new Scene(ids, options.places, atlas.tile);
  const ending = new AbortController();
  const { request, animate, stop, dispose: disposeFrames } = frames(draw);
  const theme = watchTheme(canvas, request);
  let renderer = createRenderer(canvas, options.device, atlas, ids.length, theme);
  const words = addWords(canvas);
  words.describe(describeShown(scene.shown, ids.length, labelOf));

  let size: Size = { width: 0, height: 0 };
  let view: View = { x: 0, y: 0, scale: 1 };
  let goal = view;
  let isFitted = true;
  let tool: Tool = 'pan';
  let line: readonly Point[] = [];
  let lassoed: ReadonlySet<number> | undefined;

  function draw(): void {
    if (size.width === 0 || size.height === 0) return;
    renderer.draw({
      size,
      ratio: canvas.width / size.width,
      instances: scene.draw(view, size, lassoed),
      arrow: arrowStrokes(scene, view, size),
      lasso: lassoStrokes(line),
    });
  }

  const wholeView = () => fitTo(scene.box, size, 44, scene.closest);
  const bounds = (): Bounds => ({ box: scene.box, least: 0.7 * wholeView().scale, most: 6 * scene.closest });

  function go(to: View, milliseconds: number): void {
    if (size.width === 0 || size.height === 0) return; // not laid out yet, or hidden
    goal = keptWithin(to, bounds());
    isFitted = false;
    const from = view;
    if (milliseconds > 0) animate('view', milliseconds, (share) => void (view = between(from, goal, share)));
    else {
      stop('view');
      view = goal;
      request();
    }
  }

  function fit(milliseconds: number): void {
    go(wholeView(), milliseconds);
    isFitted = true;
  }

  function zoom(at: Point, factor: number, milliseconds: number): boolean {
    const to = zoomAbout(goal, size, at, factor, bounds());
    const isUsed = to.scale !== goal.scale;
    if (isUsed) go(to, milliseconds);
    return isUsed;
  }

  function setCurrent(row: number | undefined): void {
    if (row === scene.current) return;
    scene.current = row;
    options.onHover(row === undefined ? undefined : ids[row]);
    request();
  }

  /** Goes to the next of what was found, or of all images where nothing was searched. */
  function step(by: 1 | -1): void {
    const list = scene.shown.found.length > 0 ? scene.shown.found : ids;
    if (list.length === 0) return;
    const now = scene.current === undefined ? -1 : list.indexOf(ids[scene.current]);
    const next = now < 0 ? (by === 1 ? 0 : list.length - 1) : (now + by + list.length) % list.length;
    const row = scene.rowOf(list[next])!;
    setCurrent(row);
    words.say(describeImage(list[next], scene.shown, labelOf));
    const [x, y] = toScreen(goal, size, scene.placeOf(row));
    const margin = 40;
    const isSeen = x === clamp(x, margin, size.width - margin) && y === clamp(y, margin, size.height - margin);
    if (!isSeen) go({ ...goal, x: scene.placeOf(row)[0], y: scene.placeOf(row)[1] }, JOURNEY);
  }

  function lassoRows(corners: readonly Point[]): number[] {
    return rowsWithin(
      corners.map((corner) => toPlace(view, size, corner)),
      scene.places,
    );
  }

  function pick(): void {
    const { width, height } = size;
    if (scene.current !== undefined) options.onPick(ids[scene.current]);
    else if (tool === 'lasso') {
      const rows = lassoRows([[0, 0], [width, 0], [width, height], [0, height]]); // biome-ignore format: a rectangle
      options.onLasso(rows.map((row) => ids[row]));
    }
  }

  function command(asked: Command): void {
    const { width, height } = size;
    if (asked === 'fit') fit(JOURNEY);
    else if (asked === 'pick') pick();
    else if (asked === 'leave') setCurrent(undefined);
    else if ('zoom' in asked) zoom([width / 2, height / 2], asked.zoom, STEP);
    else if ('pan' in asked) go(dragBy(goal, [0.15 * width * asked.pan[0], 0.15 * height * asked.pan[1]]), STEP);
    else step(asked.step);
  }

  const input = listen(
    canvas,
    {
      drag: (by) => go(dragBy(goal, by), 0),
      zoom: (at, factor, how) => zoom(at, factor, how === 'smoothly' ? STEP : 0),
      hover(at) {
        setCurrent(at && scene.rowAt(at));
        canvas.style.cursor = scene.current === undefined ? (tool === 'pan' ? 'grab' : 'crosshair') : 'pointer';
      },
      pick(at) {
        const row = scene.rowAt(at);
        if (row !== undefined) options.onPick(ids[row]);
      },
      lasso(corners, isDone) {
        line = isDone ? [] : corners;
        const rows = lassoRows(corners);
        lassoed = line.length > 0 ? new Set(rows) : undefined;
        setCurrent(undefined);
        request();
        if (!isDone) return;
        words.say(`${rows.length} ${rows.length === 1 ? 'image' : 'images'} in the lasso`);
        options.onLasso(rows.map((row) => ids[row]));
      },
      command,
    },
    ending.signal,
  );

  const resized = new ResizeObserver(([{ contentRect, devicePixelContentBoxSize }]) => {
    const exact = devicePixelContentBoxSize?.[0];
    size = { width: contentRect.width, height: contentRect.height };
    canvas.width = exact?.inlineSize ?? Math.round(size.width * devicePixelRatio);
    canvas.height = exact?.blockSize ?? Math.round(size.height * devicePixelRatio);
    if (isFitted) fit(0);
    draw(); // at once: the canvas is empty now
  });
  try {
    resized.observe(canvas, { box: 'device-pixel-content-box' });
  } catch {
    resized.observe(canvas); // Safari has no such box
  }

  return {
    show(shown) {
      scene.setShown(shown);
      animate('shown', SEARCH, (share) => scene.moveShown(share));
      words.describe(describeShown(shown, ids.length, labelOf));
    },
    moveTo(places) {
      scene.setPlaces(places);
      animate('places', MOVE, (share) => scene.movePlaces(share));
      if (isFitted) fit(MOVE);
      else go(goal, MOVE);
    },
    setTool(chosen) {
      tool = chosen;
      input.setTool(chosen);
    },
    fit: () => fit(JOURNEY),
    zoomBy: (factor) => void zoom([size.width / 2, size.height / 2], factor, STEP),
    zoomTo(chosen) {
      const rows = chosen.map((id) => scene.rowOf(id)).filter((row) => row !== undefined);
      if (rows.length > 0) go(fitTo(boxOf(scene.places, rows), size, 64, scene.closest), JOURNEY);
    },
    rebind(device) {
      checkAtlas(atlas, ids.length, device);
      renderer.dispose();
      renderer = createRenderer(canvas, device, atlas, ids.length, theme);
      request();
    },
    dispose() {
      ending.abort();
      resized.disconnect();
      disposeFrames();
      theme.dispose();
      words.dispose();
      renderer.dispose();
    },
  };
}
