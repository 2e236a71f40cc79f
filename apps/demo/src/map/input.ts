// Pointers, wheel and keys, as what they ask of the map.
import type { Point } from './view.ts';

/** What a drag does. */
export type Tool = 'pan' | 'lasso';

/** What a key asks for. */
export type Command =
  | { readonly pan: Point }
  | { readonly zoom: number }
  | { readonly step: 1 | -1 }
  | 'fit'
  | 'pick'
  | 'leave';

/** What input asks of the map. Points and distances are CSS pixels of the canvas. */
export interface Asked {
  drag(by: Point): void;
  /** Returns whether anything changed: what is as large as it gets does not. Fingers are followed at once. */
  zoom(at: Point, factor: number, how: 'smoothly' | 'at once'): boolean;
  /** The pointer is here, or gone. */
  hover(at: Point | undefined): void;
  pick(at: Point): void;
  /** The line drawn so far; none when it is given up. */
  lasso(corners: readonly Point[], isDone: boolean): void;
  command(command: Command): void;
}

/** Letters beside the brackets, which some keyboards do not have. */
const KEYS: Readonly<Record<string, Command>> = {
  ArrowLeft: { pan: [1, 0] },
  ArrowRight: { pan: [-1, 0] },
  ArrowUp: { pan: [0, 1] },
  ArrowDown: { pan: [0, -1] },
  '+': { zoom: 1.6 },
  '=': { zoom: 1.6 },
  '-': { zoom: 1 / 1.6 },
  _: { zoom: 1 / 1.6 },
  '0': 'fit',
  ']': { step: 1 },
  n: { step: 1 },
  '[': { step: -1 },
  p: { step: -1 },
  Enter: 'pick',
  ' ': 'pick',
  Escape: 'leave',
};

/** How far a pointer may slip in a click, in CSS pixels. */
const SLIP = 4;

/**
 * Listens to a canvas until the signal.
 *
 * One finger scrolls the page, also over the map, and taps: a map as wide as a phone would else hold its visitor. Two
 * fingers move and zoom the map, as with a map in any page. The lasso, which the visitor asks for, takes one finger.
 * The wheel zooms, and scrolls the page where the map is as small as it gets.
 */
export function listen(canvas: HTMLCanvasElement, asked: Asked, signal: AbortSignal): { setTool(tool: Tool): void } {
  const pointers = new Map<number, Point>();
  let tool: Tool = 'pan';
  let start: Point = [0, 0];
  let hasMoved = false;
  let line: Point[] | undefined;
  const on = <K extends keyof HTMLElementEventMap>(
    type: K,
    listener: (event: HTMLElementEventMap[K]) => void,
    options?: AddEventListenerOptions,
  ) => canvas.addEventListener(type, listener, { ...options, signal });
  const at = ({ offsetX, offsetY }: MouseEvent): Point => [offsetX, offsetY];
  const giveUpLine = () => {
    if (line) asked.lasso([], false);
    line = undefined;
  };

  on('pointerdown', (event) => {
    if (event.button > 1) return;
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    if (pointers.size > 1) {
      hasMoved = true;
      giveUpLine();
      return;
    }
    start = at(event);
    hasMoved = false;
    if (tool === 'lasso') line = [start];
  });

  on('pointermove', (event) => {
    const now = at(event);
    const before = pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType !== 'touch') asked.hover(now);
      return;
    }
    if (pointers.size === 1 && !hasMoved && distance(start, now) < SLIP) return;
    pointers.set(event.pointerId, now);
    hasMoved = true;
    if (line) {
      line.push(now);
      asked.lasso(line, false);
    } else if (pointers.size > 1) pinch(event.pointerId, before, now);
    else if (event.pointerType !== 'touch') asked.drag([now[0] - before[0], now[1] - before[1]]);
  });

  function pinch(id: number, before: Point, now: Point): void {
    const [, other] = [...pointers].find(([key]) => key !== id)!;
    asked.drag([(now[0] - before[0]) / 2, (now[1] - before[1]) / 2]);
    const middle: Point = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
    asked.zoom(middle, Math.max(distance(now, other), 1) / Math.max(distance(before, other), 1), 'at once');
  }

  on('pointerup', ({ pointerId }) => {
    pointers.delete(pointerId);
    if (line && hasMoved) asked.lasso(line, true);
    line = undefined;
  });
  on('pointercancel', ({ pointerId }) => {
    pointers.delete(pointerId);
    giveUpLine();
  });
  on('pointerleave', () => asked.hover(undefined));

  on('click', (event) => {
    // A click by assistive technology has no place.
    if (event.detail === 0) asked.command('pick');
    else if (event.detail === 1 && !hasMoved) asked.pick(at(event));
  });
  on('dblclick', (event) => void asked.zoom(at(event), event.shiftKey ? 0.5 : 2, 'smoothly'));
  on(
    'wheel',
    (event) => {
      const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1);
      // Browsers report a pinch on a trackpad as a wheel with Ctrl, in small steps.
      const isUsed = asked.zoom(at(event), Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.002)), 'smoothly');
      if (isUsed || event.ctrlKey) event.preventDefault();
    },
    { passive: false },
  );
  const keepTwoFingers = (event: TouchEvent) => {
    if (event.touches.length > 1 && event.cancelable) event.preventDefault();
  };
  on('touchstart', keepTwoFingers, { passive: false });
  on('touchmove', keepTwoFingers, { passive: false });

  on('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(KEYS, event.key)) return;
    event.preventDefault();
    if (event.key === 'Escape') giveUpLine();
    asked.command(KEYS[event.key]);
  });
  on('blur', () => asked.command('leave'));

  const setTool = (chosen: Tool) => {
    tool = chosen;
    canvas.style.touchAction = tool === 'lasso' ? 'none' : 'pan-x pan-y';
    canvas.style.cursor = tool === 'lasso' ? 'crosshair' : 'grab';
  };
  setTool(tool);
  return { setTool };
}

const distance = ([ax, ay]: Point, [bx, by]: Point) => Math.hypot(bx - ax, by - ay);
