import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CompressOptions, compressImage } from '@webcir/clip/node';
import type { CirDataset, Triplet } from '../types.ts';
import * as circo from './circo.ts';
import * as cirr from './cirr.ts';
import * as fashionIq from './fashioniq.ts';

/** Options that limit how much of a data set is written. */
export interface WriteOptions {
  /** Take only the first triplets of each split and category, and only the images that they name. */
  maxTriplets?: number;
}

/** Writes a data set with FashionIQ's categories in FashionIQ's layout, images as high-quality .jpg. */
export async function writeFashionIq(dataset: CirDataset, folder: string, options: WriteOptions = {}): Promise<void> {
  for (const split of dataset.splits) {
    for (const category of dataset.categories) {
      const { triplets, gallery } = selection(dataset, split, category, options);
      const entries = triplets.map(({ target, reference, captions }) => ({ target, candidate: reference, captions }));
      await writeText(join(folder, fashionIq.captionsFile(category, split)), JSON.stringify(entries));
      await writeText(join(folder, fashionIq.splitFile(category, split)), JSON.stringify(gallery));
      await writeImages(dataset, gallery, (id) => join(folder, 'images', `${id}.jpg`), 'jpeg');
    }
  }
}

/**
 * Writes the triplets that have a group of look-alikes in CIRR's layout (CLIP4Cir's root), images as .png: `val` as it
 * is, `test` as `test1` without targets, the first caption of each.
 */
export async function writeCirr(dataset: CirDataset, folder: string, options: WriteOptions = {}): Promise<void> {
  let pairid = 0;
  for (const [from, split, images] of [
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
      for (const id of gallery) paths[id] = `./${images}/${id}.png`;
      await writeImages(dataset, gallery, (id) => join(folder, paths[id]), 'png');
    }
    await writeText(join(folder, 'cirr', cirr.captionsFile(split)), JSON.stringify(entries));
    await writeText(join(folder, 'cirr', cirr.splitFile(split)), JSON.stringify(paths));
  }
}

/**
 * Writes `val` as it is and `test` without targets in CIRCO's layout, the first caption of each triplet, one gallery
 * for all.
 * @returns the COCO ids that the images' own ids became
 */
export async function writeCirco(
  dataset: CirDataset,
  folder: string,
  options: WriteOptions = {},
): Promise<Map<string, string>> {
  const parts = ['val', 'test'].map((split) => {
    const all = dataset.categories.map((category) => selection(dataset, split, category, options));
    return { split, triplets: all.flatMap((part) => part.triplets), gallery: all.flatMap((part) => part.gallery) };
  });
  const named = parts.flatMap(({ triplets }) => triplets.flatMap(({ targets }) => targets ?? []));
  const gallery = [...new Set([...parts.flatMap((part) => part.gallery), ...named])];
  const numbers = new Map(gallery.map((id, i) => [id, 1000 + 7 * i]));
  const fileOf = (id: string) => circo.imageFile(String(numbers.get(id)));
  for (const { split, triplets } of parts) {
    const entries = triplets.map(({ reference, target, targets, captions }, id) => ({
      reference_img_id: numbers.get(reference),
      relative_caption: captions[0],
      shared_concept: 'clothing',
      id,
      ...(split === 'val' && {
        target_img_id: numbers.get(target!),
        gt_img_ids: [target!, ...(targets ?? []).filter((other) => other !== target)].map((other) =>
          numbers.get(other),
        ),
      }),
    }));
    await writeText(join(folder, circo.captionsFile(split)), JSON.stringify(entries));
  }
  const [imageFolder] = circo.imageFolders;
  const images = gallery.map((id) => ({ id: numbers.get(id), file_name: fileOf(id) }));
  await writeText(join(folder, dirname(imageFolder), circo.galleryFile), JSON.stringify({ images }));
  await writeImages(dataset, gallery, (id) => join(folder, imageFolder, fileOf(id)), 'jpeg');
  return new Map([...numbers].map(([id, number]) => [id, String(number)]));
}

function selection(dataset: CirDataset, split: string, category: string, { maxTriplets }: WriteOptions) {
  const triplets = dataset.triplets(split, category).slice(0, maxTriplets);
  const named = (t: Triplet) => [t.reference, ...(t.target ? [t.target] : []), ...(t.group ?? [])];
  const gallery = maxTriplets === undefined ? dataset.gallery(split, category) : [...new Set(triplets.flatMap(named))];
  return { triplets, gallery };
}

async function writeImages(
  dataset: CirDataset,
  ids: readonly string[],
  pathOf: (id: string) => string,
  format: CompressOptions['format'],
): Promise<void> {
  for (const id of ids) {
    const path = pathOf(id);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await compressImage(await dataset.image(id), { format }));
  }
}

async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}
