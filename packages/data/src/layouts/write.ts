import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type CompressOptions, compressImage, writeFileAtomic } from '@webcir/clip/node';
import type { CirDataset, Triplet } from '../types.ts';
import * as circo from './circo.ts';
import * as cirr from './cirr.ts';
import * as fashionIq from './fashioniq.ts';

/** Options of the functions that write a data set. */
export interface WriteOptions {
  /** Take only the first triplets of each split and category, and only the images that they name. */
  maxTriplets?: number;
  /** Called with the number of images written so far, and of all. */
  onProgress?(done: number, total: number): void;
}

/**
 * Writes a data set with FashionIQ's categories in FashionIQ's layout, images as high-quality .jpg. As in all layouts,
 * images come first: what was interrupted does not look complete.
 */
export async function writeFashionIq(dataset: CirDataset, folder: string, options: WriteOptions = {}): Promise<void> {
  const parts = dataset.splits.flatMap((split) =>
    dataset.categories.map((category) => ({ split, category, ...selection(dataset, split, category, options) })),
  );
  const ids = new Set(parts.flatMap(({ gallery }) => gallery));
  const paths = new Map([...ids].map((id) => [id, join(folder, 'images', `${id}.jpg`)]));
  await writeImages(dataset, paths, 'jpeg', options);
  for (const { split, category, triplets, gallery } of parts) {
    const entries = triplets.map(({ target, reference, captions }) => ({ target, candidate: reference, captions }));
    await writeText(join(folder, fashionIq.captionsFile(category, split)), JSON.stringify(entries));
    await writeText(join(folder, fashionIq.splitFile(category, split)), JSON.stringify(gallery));
  }
}

/**
 * Writes a data set in CIRR's layout (CLIP4Cir's root), images as .png: `train` and `val` as they are, `test` as `test1`
 * without targets, the first caption of each triplet. A triplet without a group of six look-alikes gets the images that
 * follow its target in the gallery.
 */
export async function writeCirr(dataset: CirDataset, folder: string, options: WriteOptions = {}): Promise<void> {
  const parts = [
    ['val', 'val', 'dev'],
    ['test', 'test1', 'test1'],
    ['train', 'train', 'train'],
  ].map(([from, split, images]) => {
    const all = dataset.categories.map((category) => selection(dataset, from, category, options, withGroup));
    const gallery = [...new Set(all.flatMap((part) => part.gallery))];
    const paths = Object.fromEntries(gallery.map((id) => [id, `./${images}/${id}.png`]));
    return { split, paths, triplets: all.flatMap(({ triplets }) => triplets) };
  });
  const files = parts.flatMap(({ paths }) =>
    Object.entries(paths).map(([id, path]) => [id, join(folder, path)] as const),
  );
  await writeImages(dataset, new Map(files), 'png', options);
  let pairid = 0;
  for (const { split, paths, triplets } of parts) {
    const entries = triplets.map(({ reference, target, captions, group }) => {
      const set = { id: pairid, members: group, reference_rank: group.indexOf(reference) };
      const query = { pairid: pairid++, reference, caption: captions[0] };
      if (split === 'test1') return { ...query, img_set: set };
      const answer = { target_hard: target, target_soft: { [target]: 1 } };
      return { ...query, ...answer, img_set: { ...set, target_rank: group.indexOf(target) } };
    });
    await writeText(join(folder, 'cirr', cirr.captionsFile(split)), JSON.stringify(entries));
    await writeText(join(folder, 'cirr', cirr.splitFile(split)), JSON.stringify(paths));
  }
}

/** The triplet with a target and six look-alikes. @throws naming it, when it has no target */
function withGroup(triplet: Triplet, gallery: readonly string[]): Triplet & { target: string; group: string[] } {
  const { id, reference, target, group } = triplet;
  if (target === undefined) throw new Error(`triplet ${id} has no target; expected one to write it in CIRR's layout`);
  if (group) return { ...triplet, target, group };
  const at = gallery.indexOf(target);
  const others = [...gallery.slice(at + 1), ...gallery.slice(0, at)].filter((other) => other !== reference);
  return { ...triplet, target, group: [reference, target, ...others.slice(0, 4)] };
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
  const [imageFolder] = circo.imageFolders;
  const paths = new Map(gallery.map((id) => [id, join(folder, imageFolder, fileOf(id))]));
  await writeImages(dataset, paths, 'jpeg', options);
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
  const images = gallery.map((id) => ({ id: numbers.get(id), file_name: fileOf(id) }));
  await writeText(join(folder, dirname(imageFolder), circo.galleryFile), JSON.stringify({ images }));
  return new Map([...numbers].map(([id, number]) => [id, String(number)]));
}

/** Triplets and gallery of a part. @param complete adds to a triplet what a layout wants */
function selection<T extends Triplet = Triplet>(
  dataset: CirDataset,
  split: string,
  category: string,
  { maxTriplets }: WriteOptions,
  complete: (triplet: Triplet, gallery: readonly string[]) => T = (triplet) => triplet as T,
) {
  const whole = dataset.gallery(split, category);
  const triplets = dataset
    .triplets(split, category)
    .slice(0, maxTriplets)
    .map((triplet) => complete(triplet, whole));
  const named = (t: Triplet) => [t.reference, ...(t.target ? [t.target] : []), ...(t.group ?? [])];
  const gallery = maxTriplets === undefined ? whole : [...new Set(triplets.flatMap(named))];
  return { triplets, gallery };
}

/** Images that are compressed and written at a time. */
const concurrency = 8;

/** @param paths where each image goes, by id */
async function writeImages(
  dataset: CirDataset,
  paths: ReadonlyMap<string, string>,
  format: CompressOptions['format'],
  { onProgress }: WriteOptions,
): Promise<void> {
  for (const folder of new Set([...paths.values()].map(dirname))) await mkdir(folder, { recursive: true });
  const queue = paths.entries();
  let done = 0;
  const writeNext = async () => {
    for (const [id, path] of queue) {
      await writeFile(path, await compressImage(await dataset.image(id), { format }));
      onProgress?.(++done, paths.size);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, writeNext));
}

const writeText = (path: string, text: string): Promise<void> => writeFileAtomic(path, new TextEncoder().encode(text));
