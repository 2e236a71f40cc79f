import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listImages } from '@webcir/clip/node';
import * as z from 'zod';
import { accessTo } from '../parts.ts';
import type { CirDataset, Triplet } from '../types.ts';
import {
  checkUnique,
  entryOf,
  imagesIn,
  innerPath,
  presentSplits,
  presentUses,
  readJson,
  requireFolder,
} from './files.ts';
import { fileFinder } from './names.ts';

const idError = 'expected a COCO image id, a whole number';
const imageId = z.int({ error: idError }).nonnegative({ error: idError });
const captionsSchema = z.array(
  z.object({
    id: z.int({ error: 'expected a whole number' }),
    reference_img_id: imageId,
    target_img_id: imageId.optional(),
    gt_img_ids: z.array(imageId, { error: 'expected a list of COCO image ids' }).optional(),
    relative_caption: z.string({ error: 'expected a string' }),
    shared_concept: z.string({ error: 'expected a string' }).optional(),
  }),
  { error: 'expected a list of entries' },
);
const imagesSchema = z.object(
  {
    images: z.array(z.object({ id: imageId, file_name: innerPath('expected a path') }), {
      error: 'expected a list of images',
    }),
  },
  { error: 'expected an object with "images"' },
);

export const captionsFile = (split: string) => `annotations/${split}.json`;
/** Image folders in use: as CIRCO's README says, and COCO's archive unpacked as it is. */
export const imageFolders = ['COCO2017_unlabeled/unlabeled2017', 'unlabeled2017'];
export const galleryFile = 'annotations/image_info_unlabeled2017.json';
export const imageFile = (id: string) => `${id.padStart(12, '0')}.jpg`;

/**
 * Opens CIRCO: `annotations/{val,test}.json`, and COCO's unlabeled images of 2017 in one of `imageFolders`. All queries
 * are of one category, "all", and have `targets`: all correct answers; those of `test` are secret. Ids are COCO's, as
 * submissions write them ("271520"). The gallery is what `annotations/image_info_unlabeled2017.json` beside the image
 * folder lists; without that file, the images that are there or that a query names, by name.
 * @throws naming the file, the entry and the field at fault
 */
export async function openCirco(folder: string): Promise<CirDataset> {
  await requireFolder(folder, 'CIRCO', `annotations and ${imageFolders[0]}`);
  const splits = presentSplits(folder, ['val', 'test'], captionsFile);
  const images = imageFolders.map((name) => join(folder, name)).find(existsSync);
  if (!images) {
    throw new Error(`${folder} holds neither of ${imageFolders.join(', ')}; unpack COCO's unlabeled images into it`);
  }
  const listed = await readGallery(dirname(images));
  const read = await Promise.all(splits.map((split) => readTriplets(folder, split, listed)));
  const files = listed ?? (await presentFiles(images, read.flat()));
  const gallery = [...files.keys()];
  const find = fileFinder();
  const fileOf = (id: string): string => {
    const name = files.get(id);
    if (!name) throw new Error(`${images}: CIRCO's gallery has no image "${id}"`);
    const path = join(images, name);
    const file = find(path);
    if (!file) throw new Error(`image "${id}" is missing; looked for ${path}`);
    return file;
  };
  const parts = splits.map((split, i) => ({
    split,
    category: 'all',
    gallery,
    triplets: read[i],
    placeOf: entryOf(captionsFile(split)),
  }));
  return {
    name: 'circo',
    ...accessTo('circo', parts),
    uses: presentUses({ validation: 'val', test: 'val', submission: 'test' }, splits),
    ...imagesIn(fileOf),
  };
}

/** File names by id, in COCO's order; undefined if COCO's list is missing. */
async function readGallery(root: string): Promise<Map<string, string> | undefined> {
  if (!existsSync(join(root, galleryFile))) return undefined;
  const { images } = await readJson(root, galleryFile, imagesSchema);
  return new Map(images.map(({ id, file_name }) => [String(id), file_name]));
}

/**
 * File names by id, from the folder itself. An image that a query names belongs to the gallery even if its file is
 * missing.
 */
async function presentFiles(images: string, triplets: readonly Triplet[]): Promise<Map<string, string>> {
  const there = [...(await listImages(images)).files.keys()]
    .filter((name) => /^\d{12}\.jpg$/.test(name))
    .map((name) => name.slice(0, -4));
  const named = triplets.flatMap(({ reference, targets = [] }) => [reference, ...targets]);
  const ids = [...new Set([...there.map(Number), ...named.map(Number)])].sort((a, b) => a - b);
  return new Map(ids.map((id) => [String(id), imageFile(String(id))]));
}

async function readTriplets(
  folder: string,
  split: string,
  gallery: ReadonlyMap<string, string> | undefined,
): Promise<Triplet[]> {
  const file = captionsFile(split);
  const entries = await readJson(folder, file, captionsSchema);
  const place = entryOf(file);
  const triplets = entries.map((entry, i): Triplet => {
    const { reference_img_id: reference, target_img_id: target, gt_img_ids: targets } = entry;
    for (const [field, ids] of Object.entries({ reference_img_id: [reference], gt_img_ids: targets ?? [] })) {
      const unknown = gallery && ids.find((id) => !gallery.has(String(id)));
      if (unknown !== undefined) {
        throw new Error(`${place(i)}: "${field}" has ${unknown}; expected an image of ${galleryFile}`);
      }
    }
    const query = {
      id: String(entry.id),
      category: 'all',
      reference: String(reference),
      captions: [entry.relative_caption],
      ...(entry.shared_concept !== undefined && { sharedConcept: entry.shared_concept }),
    };
    if (split === 'test' && target === undefined && targets === undefined) return query;
    if (target === undefined) throw new Error(`${place(i)}: "target_img_id" is missing; ${idError}`);
    if (!targets?.includes(target)) {
      throw new Error(`${place(i)}: "gt_img_ids" lacks the target, ${target}; expected a list of all correct answers`);
    }
    return { ...query, target: String(target), targets: targets.map(String) };
  });
  checkUnique(
    triplets.map(({ id }) => id),
    place,
    'id',
  );
  return triplets;
}
