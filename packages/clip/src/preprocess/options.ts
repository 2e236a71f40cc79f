import { CLIP_IMAGE, type ClipConfig, type ImageInput, INTERPOLATIONS, RESIZES } from '../config.ts';

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

/** Options of which none is left out. */
export type WholeOptions = ImageInput & {
  readonly size: number;
  readonly transform: Transform;
  readonly targetRatio: number;
};

/** Options with what was left out. @throws RangeError naming the one that is out of range */
export function wholeOptions(options: PreprocessOptions): WholeOptions {
  const { size, transform, targetRatio = 1.25 } = options;
  const { resize = CLIP_IMAGE.resize, interpolation = CLIP_IMAGE.interpolation } = options;
  const { mean = CLIP_IMAGE.mean, std = CLIP_IMAGE.std } = options;
  if (!Number.isInteger(size) || size < 1) throw new RangeError(`size: expected a positive integer, found ${size}.`);
  if (!(targetRatio >= 1)) throw new RangeError(`targetRatio: expected 1 or more, found ${targetRatio}.`);
  expectOneOf('transform', TRANSFORMS, transform);
  expectOneOf('resize', RESIZES, resize);
  expectOneOf('interpolation', INTERPOLATIONS, interpolation);
  return { size, transform, targetRatio, resize, interpolation, mean, std };
}

function expectOneOf(option: string, known: readonly string[], value: string): void {
  if (known.includes(value)) return;
  throw new RangeError(`${option}: expected ${known.join(', ')}, found ${JSON.stringify(value)}.`);
}
