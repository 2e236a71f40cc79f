import { CLIP_IMAGE, type ClipConfig, type ImageInput, INTERPOLATIONS, RESIZES } from '../config.ts';
import { premultiply, unpremultiply } from './alpha.ts';
import { checkImage, type RawImage } from './image.ts';
import { normalizePixels } from './normalize.ts';
import { squarePad, targetPad } from './pad.ts';
import { type ResizeWindow, resizeNearest, resizeSmooth } from './resize.ts';

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

/** CLIP4Cir's way, which is taken where neither the user nor the model names one. */
export const CLIP4CIR_PREPROCESSING: Preprocessing = { transform: 'targetpad', targetRatio: 1.25 };

/** All that turns an image into the input of an encoder. What a model wants is OpenAI's (`CLIP_IMAGE`) unless given. */
export interface PreprocessOptions extends Preprocessing, Partial<ImageInput> {
  /** Side of the result in pixels: the image resolution of the encoder. */
  readonly size: number;
}

/** The preprocessing that was chosen, together with what the model wants. */
export const preprocessOptions = (
  { image, imageResolution: size }: Pick<ClipConfig, 'image' | 'imageResolution'>,
  preprocessing: Preprocessing,
): PreprocessOptions => ({ ...preprocessing, ...image, size });

/** Python's `round` of k / 2: halves go to the even neighbour. */
function roundHalf(twice: number): number {
  const down = Math.floor(twice / 2);
  return twice % 2 === 0 ? down : down + (down % 2);
}

/** Resizes the shorter side to `size`, then crops the middle (torchvision `Resize`, `CenterCrop`); or both sides. */
function resizeWindow({ width, height }: RawImage, size: number, resize: ImageInput['resize']): ResizeWindow {
  if (resize === 'squash') return { width: size, height: size, left: 0, top: 0, size };
  const long = Math.trunc((size * Math.max(width, height)) / Math.min(width, height));
  const resized = width <= height ? { width: size, height: long } : { width: long, height: size };
  return { ...resized, left: roundHalf(resized.width - size), top: roundHalf(resized.height - size), size };
}

/** The window of the resized image in the image's own channels, `[channels, size, size]`. */
function resizeInMode(
  image: RawImage,
  window: ResizeWindow,
  interpolation: ImageInput['interpolation'],
): Uint8ClampedArray {
  if (image.paletteFirst) return resizeNearest(image, window);
  const hasAlpha = image.channels === 2 || image.channels === 4;
  const sameSize = image.width === window.width && image.height === window.height;
  // Pillow returns an image of the right size as it is, without the rounding of a premultiplication.
  if (!hasAlpha || sameSize) return resizeSmooth(image, window, interpolation);
  const planes = resizeSmooth(premultiply(image), window, interpolation);
  unpremultiply(planes, image.channels);
  return planes;
}

/**
 * CLIP4Cir's preprocessing up to the 8-bit image that the encoder's normalization gets, bit for bit what PIL and
 * torchvision give: pad, resize the shorter side to `size` (antialiased) and crop the middle, or resize both sides, drop
 * the alpha channel, repeat a grey channel.
 *
 * @returns `[3, size, size]`: red, green and blue planes
 * @throws when the image's sizes and data do not agree, or an option is out of range
 */
export function preprocess(image: RawImage, options: PreprocessOptions): Uint8Array<ArrayBuffer> {
  const { transform, size, targetRatio = 1.25 } = options;
  const { resize = CLIP_IMAGE.resize, interpolation = CLIP_IMAGE.interpolation } = options;
  checkImage(image);
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`size: expected a positive integer, found ${size}.`);
  if (!(targetRatio >= 1)) throw new RangeError(`targetRatio: expected 1 or more, found ${targetRatio}.`);
  const pads: Record<Transform, () => RawImage> = {
    clip: () => image,
    squarepad: () => squarePad(image),
    targetpad: () => targetPad(image, targetRatio),
  };
  expectOneOf('transform', TRANSFORMS, transform);
  expectOneOf('resize', RESIZES, resize);
  expectOneOf('interpolation', INTERPOLATIONS, interpolation);
  const padded = pads[transform]();
  const planes = resizeInMode(padded, resizeWindow(padded, size, resize), interpolation);
  const pixels = size * size;
  const rgb = new Uint8Array(3 * pixels);
  if (padded.channels >= 3) {
    rgb.set(planes.subarray(0, 3 * pixels));
  } else {
    for (let c = 0; c < 3; c++) rgb.set(planes.subarray(0, pixels), c * pixels);
  }
  return rgb;
}

function expectOneOf(option: string, known: readonly string[], value: string): void {
  if (known.includes(value)) return;
  throw new RangeError(`${option}: expected ${known.join(', ')}, found ${JSON.stringify(value)}.`);
}

/**
 * An image as the encoder takes it, but with a plane for each colour: `preprocess`, then `normalizePixels`.
 * @returns [3, size, size]
 * @throws as `preprocess` does
 */
export const imagePlanes = (image: RawImage, options: PreprocessOptions): Float32Array<ArrayBuffer> => {
  const planes = new Float32Array(3 * options.size * options.size);
  const { mean = CLIP_IMAGE.mean, std = CLIP_IMAGE.std } = options;
  normalizePixels(preprocess(image, options), planes, { mean, std });
  return planes;
};
