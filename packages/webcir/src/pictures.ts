import { normalizePixels, preprocess, type Transform } from '@webcir/clip';
import type { CirDataset } from '@webcir/data';
import sharp from 'sharp';

export interface Preprocessing {
  readonly transform: Transform;
  /** Side of the encoder's input in pixels. */
  readonly size: number;
  readonly targetRatio: number;
}

/** A picture of a data set as the encoder takes it: normalized planes [3, size, size]. */
export async function planesOf(dataset: CirDataset, id: string, preprocessing: Preprocessing): Promise<Float32Array> {
  return normalizePixels(preprocess(await dataset.picture(id), preprocessing));
}

/** A picture of a data set for a page: a PNG data URI, at most `size` pixels wide and high. */
export async function dataUriOf(dataset: CirDataset, id: string, size: number): Promise<string> {
  const { width, height, channels, data } = await dataset.picture(id);
  const raw = sharp(data, { raw: { width, height, channels } });
  const scaled = Math.max(width, height) > size ? raw.resize(size, size, { fit: 'inside' }) : raw;
  return `data:image/png;base64,${(await scaled.png({ compressionLevel: 9 }).toBuffer()).toString('base64')}`;
}
