import { normalizePixels, preprocess, type Transform } from '@webcir/clip';
import { createImagePool } from '@webcir/clip/node';
import type { CirDataset } from '@webcir/data';
import sharp from 'sharp';

export interface Preprocessing {
  readonly transform: Transform;
  /** Side of the encoder's input in pixels. */
  readonly size: number;
  readonly targetRatio: number;
}

/** What images are read from: a data set, or files. */
export type Images = Pick<CirDataset, 'image' | 'file'>;

/** An image as the encoder takes it: normalized planes [3, size, size]. */
export async function planesOf(dataset: Images, id: string, preprocessing: Preprocessing): Promise<Float32Array> {
  return normalizePixels(preprocess(await dataset.image(id), preprocessing));
}

/** Images of a data set as `planesOf` gives them; those in files are decoded and preprocessed in threads. */
export interface PlanesSource {
  planes(id: string): Promise<Float32Array>;
  close(): Promise<void>;
}

export function openPlanes(dataset: Images, preprocessing: Preprocessing): PlanesSource {
  const pool = createImagePool(preprocessing);
  return {
    async planes(id) {
      const file = dataset.file(id);
      return file === undefined ? planesOf(dataset, id, preprocessing) : pool.planes(file);
    },
    close: () => pool.close(),
  };
}

/**
 * Makes items before they are asked for, `ahead` of them at most: one after the other, each once.
 * @returns the item of an index; asked for in order
 */
export function madeAhead<T>(count: number, ahead: number, make: (index: number) => Promise<T>) {
  const made: Promise<T>[] = [];
  let next = 0;
  return (index: number): Promise<T> => {
    for (; next < Math.min(index + 1 + ahead, count); next++) {
      const item = make(next);
      item.catch(() => {}); // whoever asks for it is told
      made.push(item);
    }
    return made.shift()!;
  };
}

/** An image of a data set for a page: a PNG data URI, at most `size` pixels wide and high. */
export async function dataUriOf(dataset: CirDataset, id: string, size: number): Promise<string> {
  const { width, height, channels, data } = await dataset.image(id);
  const raw = sharp(data, { raw: { width, height, channels } });
  const scaled = Math.max(width, height) > size ? raw.resize(size, size, { fit: 'inside' }) : raw;
  return `data:image/png;base64,${(await scaled.png({ compressionLevel: 9 }).toBuffer()).toString('base64')}`;
}
