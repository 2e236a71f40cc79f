import sharp, { type Sharp } from 'sharp';

/** Width and height of the set's images. */
export const SIDE = 72;

/** Red, green, blue and alpha, `[SIDE * SIDE * 4]`. */
export type Pixels = Uint8Array;

export async function readPixels(file: string): Promise<Pixels> {
  return new Uint8Array(await sharp(file).resize(SIDE, SIDE).ensureAlpha().raw().toBuffer());
}

/** On white, as a page shows it: what is transparent has no colour that CLIP could be trained on. */
export const onWhite = (pixels: Pixels): Sharp =>
  sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 4 } }).flatten({ background: '#ffffff' });

/** Where each pixel that is hardly transparent starts. */
export function opaque(pixels: Pixels): number[] {
  const starts: number[] = [];
  for (let at = 0; at < pixels.length; at += 4) if (pixels[at + 3] > 200) starts.push(at);
  return starts;
}
