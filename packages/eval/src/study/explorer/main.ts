// The script of a study's page: it turns the data of each map into panels to move about in. It asks for nothing.
import type { MapKind } from '../map/types.ts';
import { fillCard } from './card.ts';
import { EXTENT, type ExplorerData, pointsOf } from './data.ts';
import { addGestures, ZOOM } from './gestures.ts';
import { coloursOf, paintPanel, pointAt, type Scene } from './paint.ts';
import { HOME, showing, toScreen, type View, zoomed } from './view.ts';

for (const root of document.querySelectorAll<HTMLElement>('.explorer')) void explore(root);

async function explore(root: HTMLElement): Promise<void> {
  const one = <T extends Element>(selector: string) => root.querySelector<T>(selector)!;
  const data: ExplorerData = JSON.parse(one('.explorer-data').textContent!);
  const atlas = one<HTMLImageElement>('.atlas');
  await atlas.decode();
  const points = pointsOf(data);
  const canvases = [...root.querySelectorAll<HTMLCanvasElement>('.panel canvas')];
  const card = one<HTMLElement>('.card');
  const invitation = card.textContent;
  let view: View = HOME;
  let picked: number | undefined;
  let colours = coloursOf(root);

  const chosen = (name: string) => one<HTMLInputElement>(`input[name="${name}"]:checked`).value;
  const layout = () => data.layouts.find(({ name }) => name === chosen('layout'))!;
  const scene = (): Scene => ({
    data,
    points,
    atlas,
    view,
    picked,
    colours,
    colour: chosen('colour') as Scene['colour'],
    shown: new Set(
      [...root.querySelectorAll<HTMLInputElement>('.kinds input:checked')].map((box) => box.value as MapKind),
    ),
  });
  const sizeOf = (canvas: HTMLCanvasElement) => canvas.clientWidth;

  let waiting = false;
  const paint = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const now = scene();
      const { panels } = layout();
      for (const [stage, canvas] of canvases.entries()) {
        const size = sizeOf(canvas);
        if (size === 0) continue; // on paper
        const ratio = devicePixelRatio;
        if (canvas.width !== Math.round(size * ratio)) canvas.width = canvas.height = Math.round(size * ratio);
        const context = canvas.getContext('2d')!;
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        paintPanel(context, size, now, stage, panels[stage]);
      }
    });
  };
  const pick = (point: number | undefined) => {
    if (point === picked) return;
    picked = point;
    if (point === undefined) card.textContent = invitation;
    else fillCard(card, data, points[point], atlas);
    paint();
  };
  const change = (next: (view: View) => View) => {
    view = next(view);
    paint();
  };

  /** Around the point that is highlighted, as it lies at a stage; else around the middle. */
  const zoom = (by: number, stage: number) => {
    const size = sizeOf(canvases[stage]);
    const { positions } = layout().panels[stage];
    const pixel = (axis: 'x' | 'y') =>
      picked === undefined
        ? size / 2
        : toScreen(view, size, positions[2 * picked + (axis === 'x' ? 0 : 1)] / EXTENT, axis);
    change((now) => zoomed(now, size, by, pixel('x'), pixel('y')));
  };

  for (const [stage, canvas] of canvases.entries()) {
    addGestures(canvas, {
      size: () => sizeOf(canvas),
      change,
      zoom: (by) => zoom(by, stage),
      point: (x, y) => pick(pointAt(scene(), sizeOf(canvas), layout().panels[stage], x, y)),
      leave: () => pick(undefined),
      home: () => change(() => HOME),
      step(by) {
        const { positions } = layout().panels[stage];
        const { shown } = scene();
        const within = (i: number) =>
          (['x', 'y'] as const).every((axis, d) => {
            const pixel = toScreen(view, sizeOf(canvas), positions[2 * i + d] / EXTENT, axis);
            return pixel >= 0 && pixel <= sizeOf(canvas);
          });
        // From a point on, over those in view; the last is followed by the first.
        const inView = [...points.keys()].filter((i) => i === picked || (shown.has(points[i].kind) && within(i)));
        if (inView.length === 0) return;
        const from = picked === undefined ? (by === 1 ? -1 : 0) : inView.indexOf(picked);
        const next = inView[(from + by + inView.length) % inView.length];
        pick(next);
        change((now) => showing(now, positions[2 * next] / EXTENT, positions[2 * next + 1] / EXTENT));
      },
    });
    new ResizeObserver(paint).observe(canvas);
  }
  root.addEventListener('input', paint);
  const buttons = { in: () => zoom(ZOOM, 0), out: () => zoom(1 / ZOOM, 0), home: () => change(() => HOME) };
  for (const [name, act] of Object.entries(buttons)) one(`.zoom-${name}`).addEventListener('click', act);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    colours = coloursOf(root);
    paint();
  });
  root.hidden = false;
  document.documentElement.classList.add('explores');
  paint();
}
