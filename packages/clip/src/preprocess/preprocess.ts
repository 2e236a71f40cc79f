import { CLIP_IMAGE, type ImageInput } from '../config.ts';
import { premultiply, unpremultiply } from './alpha.ts';
import { type Geometry, geometryOf } from './geometry.ts';
import { checkImage, type RawImage } from './image.ts';
import { normalizePixels } from './normalize.ts';
import { type PreprocessOptions, wholeOptions } from './options.ts';
import { pad } from './pad.ts';
import { resizeNearest, resizeSmooth } from './resize.ts';

/** The window of the resized image in the image's own channels, `[channels, size, size]`. */
function resizeInMode(
  image: RawImage,
  { window, isResized }: Geometry,
  interpolation: ImageInput['interpolation'],
): Uint8ClampedArray {
  if (image.paletteFirst) return resizeNearest(image, window);
  const hasAlpha = image.channels === 2 || image.channels === 4;
  // Pillow returns an image of the right size as it is, without the rounding of a premultiplication.
  if (!hasAlpha || !isResized) return resizeSmooth(image, window, interpolation);
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
  checkImage(image);
  const whole = wholeOptions(options);
  const geometry = geometryOf(image, whole);
  const planes = resizeInMode(pad(image, geometry.margins), geometry, whole.interpolation);
  const pixels = whole.size * whole.size;
  const rgb = new Uint8Array(3 * pixels);
  if (image.channels >= 3) {
    rgb.set(planes.subarray(0, 3 * pixels));
  } else {
    for (let c = 0; c < 3; c++) rgb.set(planes.subarray(0, pixels), c * pixels);
  }
  return rgb;
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
