import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Picture } from '@webcir/clip';
import sharp, { type Sharp } from 'sharp';
import type { CirDataset, Triplet } from '../types.ts';
import * as cirr from './cirr.ts';
import * as fashionIq from './fashioniq.ts';

export interface WriteOptions {
  /** Take only the first triplets of each split and category, and only the pictures that they name. */
  maxTriplets?: number;
}

/** Writes a data set with FashionIQ's categories in FashionIQ's layout, pictures as high-quality .jpg. */
export async function writeFashionIq(dataset: CirDataset, folder: string, options: WriteOptions = {}): Promise<void> {
  for (const split of dataset.splits) {
    for (const category of dataset.categories) {
      const { triplets, gallery } = selection(dataset, split, category, options);
      const entries = triplets.map(({ target, reference, captions }) => ({ target, candidate: reference, captions }));
      await writeText(join(folder, fashionIq.captionsFile(category, split)), JSON.stringify(entries));
      await writeText(join(folder, fashionIq.splitFile(category, split)), JSON.stringify(gallery));
      await writePictures(
        dataset,
        gallery,
        (id) => join(folder, 'images', `${id}.jpg`),
        (image) => image.jpeg({ quality: 100, chromaSubsampling: '4:4:4' }),
      );
    }
  }
}

/**
 * Writes the triplets that have a group of look-alikes in CIRR's layout (CLIP4Cir's root), pictures as .png: `val` as it is,
 * `test` as `test1` without targets, the first caption of each.
 */
export async function writeCirr(dataset: CirDataset, folder: string, options: WriteOptions = {}): Promise<void> {
  let pairid = 0;
  for (const [from, split, pictures] of [
    ['val', 'val', 'dev'],
    ['test', 'test1', 'test1'],
  ]) {
    const entries: object[] = [];
    const paths: Record<string, string> = {};
    for (const category of dataset.categories) {
      const { triplets, gallery } = selection(dataset, from, category, options);
      for (const { reference, target, captions, group } of triplets) {
        if (!group || !target) continue;
        const set = { id: pairid, members: group, reference_rank: group.indexOf(reference) };
        const answer = { target_hard: target, target_soft: { [target]: 1 } };
        const query = { pairid: pairid++, reference, caption: captions[0] };
        entries.push(
          split === 'val'
            ? { ...query, ...answer, img_set: { ...set, target_rank: group.indexOf(target) } }
            : { ...query, img_set: set },
        );
      }
      for (const id of gallery) paths[id] = `./${pictures}/${id}.png`;
      await writePictures(
        dataset,
        gallery,
        (id) => join(folder, paths[id]),
        (image) => image.png(),
      );
    }
    await writeText(join(folder, 'cirr', cirr.captionsFile(split)), JSON.stringify(entries));
    await writeText(join(folder, 'cirr', cirr.splitFile(split)), JSON.stringify(paths));
  }
}

function selection(dataset: CirDataset, split: string, category: string, { maxTriplets }: WriteOptions) {
  const triplets = dataset.triplets(split, category).slice(0, maxTriplets);
  const named = (t: Triplet) => [t.reference, ...(t.target ? [t.target] : []), ...(t.group ?? [])];
  const gallery = maxTriplets === undefined ? dataset.gallery(split, category) : [...new Set(triplets.flatMap(named))];
  return { triplets, gallery };
}

async function writePictures(
  dataset: CirDataset,
  ids: readonly string[],
  pathOf: (id: string) => string,
  encode: (image: Sharp) => Sharp,
): Promise<void> {
  for (const id of ids) {
    const { width, height, channels, data }: Picture = await dataset.picture(id);
    const path = pathOf(id);
    await mkdir(dirname(path), { recursive: true });
    await encode(sharp(data, { raw: { width, height, channels } })).toFile(path);
  }
}

async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
