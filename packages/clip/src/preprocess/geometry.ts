import type { WholeOptions } from './options.ts';
import { type Margins, type Size, squareMargins, targetMargins } from './pad.ts';

/** A resize to `width` x `height` of which only `size` x `size` pixels from (`left`, `top`) on are wanted. */
export interface ResizeWindow extends Size {
  readonly left: number;
  readonly top: number;
  readonly size: number;
}

/** Where the pixels of an image go when it is preprocessed. */
export interface Geometry {
  readonly margins: Margins;
  /** With its margins. */
  readonly padded: Size;
  readonly window: ResizeWindow;
  /** False where the padded image has the window's size: Pillow then returns it as it is. */
  readonly isResized: boolean;
}

/** Python's `round` of k / 2: halves go to the even neighbour. */
function roundHalf(twice: number): number {
  const down = Math.floor(twice / 2);
  return twice % 2 === 0 ? down : down + (down % 2);
}

/** Resizes the shorter side to `size`, then crops the middle (torchvision `Resize`, `CenterCrop`); or both sides. */
function resizeWindow({ width, height }: Size, { size, resize }: WholeOptions): ResizeWindow {
  if (resize === 'squash') return { width: size, height: size, left: 0, top: 0, size };
  const long = Math.trunc((size * Math.max(width, height)) / Math.min(width, height));
  const resized = width <= height ? { width: size, height: long } : { width: long, height: size };
  return { ...resized, left: roundHalf(resized.width - size), top: roundHalf(resized.height - size), size };
}

function marginsOf(image: Size, { transform, targetRatio }: WholeOptions): Margins {
  if (transform === 'squarepad') return squareMargins(image);
  return transform === 'targetpad' ? targetMargins(image, targetRatio) : { horizontal: 0, vertical: 0 };
}

/** The geometry of an image of this size: padded, resized and cropped as the options say. */
export function geometryOf(image: Size, options: WholeOptions): Geometry {
  const margins = marginsOf(image, options);
  const padded = { width: image.width + 2 * margins.horizontal, height: image.height + 2 * margins.vertical };
  const window = resizeWindow(padded, options);
  const isResized = padded.width !== window.width || padded.height !== window.height;
  return { margins, padded, window, isResized };
}
