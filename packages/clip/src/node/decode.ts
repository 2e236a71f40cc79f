import { readFile } from 'node:fs/promises';
import { dropAlpha } from '../preprocess/alpha.ts';
import { cmykToRgb } from '../preprocess/cmyk.ts';
import type { RawImage } from '../preprocess/image.ts';
import { standIn } from '../weights/recognize.ts';
import { type GifHeader, readGifHeader } from './gif.ts';
import { type PngHeader, readPngHeader } from './png.ts';
import { loadSharp } from './sharp.ts';

/** What an image may be that comes from strangers. */
export interface DecodeLimits {
  /** Width times height: looked up in the file's header, before anything is decoded. */
  readonly maxPixels?: number | undefined;
  /** As sharp names them; any that it decodes unless given, drawings in SVG among them. */
  readonly formats?: readonly string[] | undefined;
}

/**
 * Decodes an image as PIL opens it: no EXIF rotation, no colour profile, the first frame only. The result keeps the
 * file's own mode as far as CLIP's preprocessing depends on it: RGB (grey as three equal channels), RGBA, for the
 * palettes of PNG and GIF and 1-bit PNG RGB with `paletteFirst`, and for CMYK RGB with the `padding` of that mode. As in
 * PIL, an image with faults that leave all of its pixels there is opened, and a cut one is refused.
 *
 * Differs from PIL for palettes and 1 bit in TIFF (taken as RGB), 16-bit grey PNG (scaled to 8 bits, where PIL's
 * conversion saturates), CMYK (converted to RGB before the resize instead of after it), the chroma of AVIF, and PNG
 * files that are cut between their last pixel and their end (refused).
 *
 * @param source a file's path, or its bytes
 * @param name name of the image in errors, if `source` is bytes
 * @param limits none unless given, but for sharp's own of 268 million pixels
 * @throws MissingPackageError without sharp; Error when the file cannot be read or decoded, naming it
 */
export async function decodeImage(
  source: string | Uint8Array,
  name = 'image',
  { maxPixels, formats }: DecodeLimits = {},
): Promise<RawImage> {
  const sharp = await loadSharp();
  const label = typeof source === 'string' ? source : name;
  let file: Uint8Array | undefined;
  try {
    file = typeof source === 'string' ? await readFile(source) : source;
    const png = readPngHeader(file);
    const isJpeg = file[0] === 0xff && file[1] === 0xd8;
    const opened = sharp(file, {
      ignoreIcc: true,
      // Both refuse files that are cut. In a PNG, 'error' also refuses wrong checksums, which PIL does not look at; in
      // a TIFF, 'truncated' lets cut pixels pass.
      failOn: png ? 'truncated' : 'error',
      unlimited: isJpeg, // any number of faults; the limit on pixels stays
    });
    const { space, format, width: across, height: down } = await opened.metadata();
    if (formats && !formats.includes(format)) throw new Error(`it is ${format}, which is not taken here`);
    if (maxPixels !== undefined && across * down > maxPixels)
      throw new Error(`it has ${across} x ${down} pixels, more than the ${maxPixels} that are taken here`);
    const isCmyk = space === 'cmyk';
    // Where the pipeline is CMYK, too, the inks come as they are, not by way of a profile.
    const converted = isCmyk ? opened.pipelineColourspace('cmyk').toColourspace('cmyk') : opened.toColourspace('srgb');
    const { data, info } = await converted.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    if (isCmyk) return { width, height, channels: 3, data: cmykToRgb(data), padding: [255, 255, 255] };
    const image: RawImage = { width, height, channels: info.channels === 4 ? 4 : 3, data };
    const gif = readGifHeader(file);
    return gif ? gifInMode(image, gif) : inMode(image, png);
  } catch (cause) {
    const found = file && standIn(file);
    if (found) throw new Error(`${label}: cannot be read as an image: it is ${found}.`, { cause });
    // libvips keeps its words in one place for all threads, where another image's may take them away.
    const message = (cause as Error).message.replace(/^Unknown error$/, 'its data is cut or damaged');
    const problems = message.split('\n').map((line) => line.trim().replace(/\.$/, ''));
    throw new Error(
      `${label}: cannot be read as an image: ${[...new Set(problems.filter(Boolean))].join('; ')}. ` +
        'Expected a whole JPEG, PNG, WebP or another format that sharp decodes; get the file again, or leave it out.',
      { cause },
    );
  }
}

/** The image of a GIF in the mode in which PIL opens it: it has no transparency. */
function gifInMode(image: RawImage, { hidden, ...palette }: GifHeader): RawImage {
  if (image.channels === 3) return { ...image, ...palette };
  const data = dropAlpha(image.data);
  for (let i = 0; i < data.length; i += 3) if (image.data[(i / 3) * 4 + 3] === 0) data.set(hidden, i);
  return { ...image, channels: 3, data, ...palette };
}

/** The image in the mode in which PIL opens its file. */
function inMode(image: RawImage, png: PngHeader | undefined): RawImage {
  // libvips turns a transparent colour (tRNS) into an alpha channel, PIL does not.
  const hasAlpha = image.channels === 4 && (!png || png.colorType >= 4);
  if (hasAlpha) return image;
  const rgb: RawImage = { ...image, channels: 3, data: image.channels === 4 ? dropAlpha(image.data) : image.data };
  const isPalette = png && (png.colorType === 3 || png.bitDepth === 1);
  return isPalette ? { ...rgb, paletteFirst: png.paletteFirst } : rgb;
}
