import { premultiply, unpremultiply } from './alpha.ts';
import { checkImage, type RawImage } from './image.ts';
import { squarePad, targetPad } from './pad.ts';
import { type ResizeWindow, resizeBicubic, resizeNearest } from './resize.ts';

/**
 * `clip`: CLIP's own; `squarepad`: padded to a square first; `targetpad`: padded to an aspect ratio first (CLIP4Cir).
 */
export const TRANSFORMS = ['clip', 'squarepad', 'targetpad'] as const;

/** Way to make an image square: one of `TRANSFORMS`. */
export type Transform = (typeof TRANSFORMS)[number];

/** The way images become square, whatever the encoder's size: it must be the same in training and in search. */
export interface Preprocessing {
  readonly transform: Transform;
  /** Aspect ratio that `targetpad` pads to, 1.25 in CLIP4Cir. */
  readonly targetRatio?: number | undefined;
}

export interface PreprocessOptions extends Preprocessing {
  /** Side of the result in pixels: the image resolution of the encoder. */
  readonly size: number;
}

/** Python's `round` of k / 2: halves go to the even neighbour. */
function roundHalf(twice: number): number {
  const down = Math.floor(twice / 2);
  return twice % 2 === 0 ? down : down + (down % 2);
}

/** Resizes the shorter side to `size`, then crops the middle (torchvision `Resize`, `CenterCrop`). */
function resizeWindow(width: number, height: number, size: number): ResizeWindow {
  const long = Math.trunc((size * Math.max(width, height)) / Math.min(width, height));
  const resized = width <= height ? { width: size, height: long } : { width: long, height: size };
  return { ...resized, left: roundHalf(resized.width - size), top: roundHalf(resized.height - size), size };
}

/** The window of the resized image in the image's own channels, `[channels, size, size]`. */
function resizeInMode(image: RawImage, window: ResizeWindow): Uint8ClampedArray {
  if (image.paletteFirst) return resizeNearest(image, window);
  const hasAlpha = image.channels === 2 || image.channels === 4;
  const sameSize = image.width === window.width && image.height === window.height;
  // Pillow returns an image of the right size as it is, without the rounding of a premultiplication.
  if (!hasAlpha || sameSize) return resizeBicubic(image, window);
  const planes = resizeBicubic(premultiply(image), window);
  unpremultiply(planes, image.channels);
  return planes;
}

/**
 * CLIP4Cir's preprocessing up to the 8-bit image that the encoder's normalization gets, bit for bit what PIL and
 * torchvision give: pad, resize the shorter side to `size` (bicubic, antialiased), crop the middle, drop the alpha
 * channel, repeat a grey channel.
 *
 * @returns `[3, size, size]`: red, green and blue planes
 * @throws when the image's sizes and data do not agree, or `size` or `targetRatio` is out of range
 */
export function preprocess(image: RawImage, options: PreprocessOptions): Uint8Array<ArrayBuffer> {
  const { transform, size, targetRatio = 1.25 } = options;
  checkImage(image);
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`size: expected a positive integer, found ${size}.`);
  if (!(targetRatio >= 1)) throw new RangeError(`targetRatio: expected 1 or more, found ${targetRatio}.`);
  const pads: Record<Transform, () => RawImage> = {
    clip: () => image,
    squarepad: () => squarePad(image),
    targetpad: () => targetPad(image, targetRatio),
  };
  if (!TRANSFORMS.includes(transform)) {
    throw new RangeError(`transform: expected ${TRANSFORMS.join(', ')}, found ${JSON.stringify(transform)}.`);
  }
  const padded = pads[transform]();
  const planes = resizeInMode(padded, resizeWindow(padded.width, padded.height, size));
  const pixels = size * size;
  const rgb = new Uint8Array(3 * pixels);
  if (padded.channels >= 3) {
    rgb.set(planes.subarray(0, 3 * pixels));
  } else {
    for (let c = 0; c < 3; c++) rgb.set(planes.subarray(0, pixels), c * pixels);
  }
  return rgb;
}
