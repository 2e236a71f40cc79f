import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readIdx } from '../../src/idx.ts';

export type Category = 'dress' | 'shirt' | 'toptee';
export type Split = 'train' | 'val' | 'test';

/** Side of an image in pixels. */
export const SIDE = 28;
export const PIXELS = SIDE * SIDE;

/** Fashion-MNIST's class numbers of FashionIQ's three categories. */
const classOf: Record<Category, number> = { dress: 3, shirt: 6, toptee: 0 };
export const categories = Object.keys(classOf) as Category[];

/** Training images per class: the first of 6,000; the last 1,000 become the validation gallery. */
const trainPerCategory = 5000;

export interface SourceImage {
  /** `train-01234` or `t10k-01234`: the image's position in Zalando's file. */
  id: string;
  category: Category;
  split: Split;
  /** `[28 * 28]` as stored by Zalando: 0 is the white background; the photo is `255 - ink`. */
  ink: Uint8Array;
}

/** The 21,000 images of the three classes, ordered by split, category, and position in Zalando's file. */
export function readSource(folder: string): SourceImage[] {
  const read = (name: string) => readIdx(gunzipSync(readFileSync(join(folder, name))), name);
  const images: SourceImage[] = [];
  for (const part of ['train', 't10k']) {
    const images = read(`${part}-images-idx3-ubyte.gz`);
    const labels = read(`${part}-labels-idx1-ubyte.gz`);
    for (const category of categories) {
      let seen = 0;
      labels.data.forEach((label, i) => {
        if (label !== classOf[category]) return;
        const split = part === 't10k' ? 'test' : seen++ < trainPerCategory ? 'train' : 'val';
        const id = `${part}-${String(i).padStart(5, '0')}`;
        images.push({ id, category, split, ink: images.data.slice(i * PIXELS, (i + 1) * PIXELS) });
      });
    }
  }
  const order = { train: 0, val: 1, test: 2 };
  return images.sort((a, b) => order[a.split] - order[b.split]);
}
