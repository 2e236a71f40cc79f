import { panned, type View, zoomed } from './view.ts';

/** What a reader does to a panel. */
export interface Gestures {
  /** Width and height of the panel, in pixels of the page. */
  size(): number;
  /** Changes the view. */
  change(next: (view: View) => View): void;
  /** Zooms around what a reader looks at. */
  zoom(by: number): void;
  /** Points at a pixel, with a finger or a mouse. */
  point(x: number, y: number): void;
  leave(): void;
  /** One point on, or back. */
  step(by: 1 | -1): void;
  home(): void;
}

/** Pixels that an arrow key moves. */
const ARROW = 40;
/** How much a key or a button zooms. */
export const ZOOM = 1.6;

/** Pans and zooms a panel by mouse, touch and keyboard. */
export function addGestures(canvas: HTMLCanvasElement, gestures: Gestures): void {
  addMouse(canvas, gestures);
  addTouch(canvas, gestures);
  addKeys(canvas, gestures);
}

function addMouse(canvas: HTMLCanvasElement, { size, change, point, leave }: Gestures): void {
  canvas.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'mouse') canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    if (event.pointerType !== 'mouse') return;
    if (event.buttons & 1) change((view) => panned(view, size(), event.movementX, event.movementY));
    else point(event.offsetX, event.offsetY);
  });
  canvas.addEventListener('pointerleave', (event) => {
    if (event.pointerType === 'mouse') leave();
  });
  canvas.addEventListener('click', (event) => point(event.offsetX, event.offsetY));
  canvas.addEventListener('dblclick', (event) =>
    change((view) => zoomed(view, size(), ZOOM ** 2, event.offsetX, event.offsetY)),
  );
  canvas.addEventListener(
    'wheel',
    (event) => {
      // A page that scrolls past a map must not be caught by it.
      if (document.activeElement !== canvas && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      change((view) => zoomed(view, size(), 1.0018 ** -event.deltaY, event.offsetX, event.offsetY));
    },
    { passive: false },
  );
}

/** Two fingers pan and zoom; one scrolls the page, or points. */
function addTouch(canvas: HTMLCanvasElement, { size, change }: Gestures): void {
  let before: { readonly x: number; readonly y: number; readonly apart: number } | undefined;
  const read = ([a, b]: TouchList) => {
    const { left, top } = canvas.getBoundingClientRect();
    return {
      x: (a.clientX + b.clientX) / 2 - left,
      y: (a.clientY + b.clientY) / 2 - top,
      apart: Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) || 1,
    };
  };
  const follow = (event: TouchEvent) => {
    if (event.touches.length !== 2) {
      before = undefined;
      return;
    }
    event.preventDefault();
    const [last, now] = [before, read(event.touches)];
    before = now;
    if (!last) return;
    change((view) => {
      const moved = panned(view, size(), now.x - last.x, now.y - last.y);
      return zoomed(moved, size(), now.apart / last.apart, now.x, now.y);
    });
  };
  for (const name of ['touchstart', 'touchmove', 'touchend', 'touchcancel'] as const) {
    canvas.addEventListener(name, follow, { passive: false });
  }
}

function addKeys(canvas: HTMLCanvasElement, { size, change, zoom, step, home, leave }: Gestures): void {
  const pan = (right: number, down: number) => () => change((view) => panned(view, size(), right, down));
  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: pan(ARROW, 0),
    ArrowRight: pan(-ARROW, 0),
    ArrowUp: pan(0, ARROW),
    ArrowDown: pan(0, -ARROW),
    '+': () => zoom(ZOOM),
    '=': () => zoom(ZOOM),
    '-': () => zoom(1 / ZOOM),
    '0': home,
    n: () => step(1),
    p: () => step(-1),
    Escape: leave,
  };
  canvas.addEventListener('keydown', (event) => {
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
}
