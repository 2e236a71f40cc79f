import type { RawImage } from '@webcir/clip';
import type { StoredImages } from './embedded-sets.ts';
import { gunzip } from './gunzip.ts';
import { readIdx } from './idx.ts';

/**
 * The images of a gzipped IDX file of unsigned bytes [count, side, side], where 255 is black, as RGB.
 * @throws naming the file, when it is cut short or of another shape
 */
export async function readGreyImages(file: Uint8Array, name: string, side: number): Promise<StoredImages> {
  const { shape, data } = readIdx(await gunzip(file), name);
  const [count, ...size] = shape;
  if (String(size) !== String([side, side])) {
    throw new Error(`${name}: shape [${shape}], expected images of ${side} x ${side}`);
  }
  const area = side * side;
  return {
    count,
    image: async (index) => onPaper(data.subarray(index * area, (index + 1) * area), side),
  };
}

function onPaper(ink: Uint8Array, side: number): RawImage {
  const data = new Uint8Array(ink.length * 3);
  ink.forEach((level, i) => {
    data.fill(255 - level, 3 * i, 3 * i + 3);
  });
  return { width: side, height: side, channels: 3, data };
}
