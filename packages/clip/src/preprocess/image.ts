/**
 * A decoded image, as PIL would hold it before `convert('RGB')`: CLIP's transforms pad and resize in the image's own
 * mode, so greyscale, transparency and palettes give other pixels than their RGB versions would.
 */
export interface RawImage {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 2: grey and alpha, 3: RGB, 4: RGBA (alpha not premultiplied). */
  readonly channels: 1 | 2 | 3 | 4;
  /** `[height, width, channels]`, rows from the top. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /**
   * Set for an image made of palette entries (`data` still holds colours): PIL resizes these by nearest neighbour and
   * pads them with entry 0, given here in `channels` values. An image of 1-bit pixels has zeros.
   */
  readonly paletteFirst?: readonly number[];
  /** What PIL pads the image with, in `channels` values; black unless given: no ink is white in a CMYK image. */
  readonly padding?: readonly number[];
}

/** Throws when the sizes of an image and its data do not agree. */
export function checkImage({ width, height, channels, data, ...colours }: RawImage): void {
  const expected = width * height * channels;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new RangeError(`RawImage: expected a positive width and height, found ${width} x ${height}.`);
  }
  if (![1, 2, 3, 4].includes(channels)) throw new RangeError(`RawImage: expected 1 to 4 channels, found ${channels}.`);
  if (data.length !== expected) {
    throw new RangeError(
      `RawImage: expected ${width} x ${height} x ${channels} = ${expected} values, found ${data.length}. ` +
        'Pass the pixels interleaved, with no padding between the rows.',
    );
  }
  for (const field of ['paletteFirst', 'padding'] as const) {
    const found = colours[field]?.length ?? channels;
    if (found !== channels) throw new RangeError(`RawImage: expected ${channels} values in ${field}, found ${found}.`);
  }
}
