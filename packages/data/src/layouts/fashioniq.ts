import { basename, join } from 'node:path';
import { IMAGE_EXTENSIONS } from '@webcir/clip/node';
import * as z from 'zod';
import { fashionCategories } from '../attributes.ts';
import { accessTo, type Part } from '../parts.ts';
import type { CirDataset, Triplet } from '../types.ts';
import { entryOf, imagesIn, presentSplits, presentUses, readJson, requireFolder } from './files.ts';
import { imagesById } from './listing.ts';
import { nfc } from './names.ts';

const id = z.string({ error: 'expected an image id' }).transform(nfc);
const captionsError = 'expected a list of two strings';
const entrySchema = z.object({
  candidate: id,
  target: id.optional(),
  captions: z.tuple([z.string({ error: captionsError }), z.string({ error: captionsError })], { error: captionsError }),
});
const captionsSchema = z.array(entrySchema, { error: 'expected a list of entries' });
const splitSchema = z.array(id, { error: 'expected a list of image ids' });

export const captionsFile = (category: string, split: string) => `captions/cap.${category}.${split}.json`;
export const splitFile = (category: string, split: string) => `image_splits/split.${category}.${split}.json`;

/**
 * Opens FashionIQ: `captions/cap.{dress,shirt,toptee}.{train,val,test}.json`, `image_splits/split.*.json` and `images/`,
 * flat or in folders. Splits without files are left out.
 * The gallery of a split and category is all of its image split, as in the "original split" protocol. The test answers
 * are secret: the literature, and CLIP4Cir, quote the validation split.
 * Images are opened when asked for; `checkImages` tells which are missing or damaged.
 * @throws naming the file, the entry and the field at fault
 */
export async function openFashionIq(folder: string): Promise<CirDataset> {
  await requireFolder(folder, 'FashionIQ', 'captions, image_splits and images');
  await requireFolder(join(folder, 'images'), "FashionIQ's images", 'ID.jpg');
  const splits = presentSplits(folder, ['train', 'val', 'test'], (split) => captionsFile('dress', split));
  const { paths, leftOut } = await imagesById(join(folder, 'images'), (path) => nfc(basename(path)));
  const parts = await Promise.all(
    splits.flatMap((split) => fashionCategories.map((category) => readPart(folder, split, category))),
  );
  const fileOf = (id: string): string => {
    const path = paths.get(nfc(id))?.[0];
    if (!path) throw new Error(`${join(folder, 'images')} holds no image "${id}" (${IMAGE_EXTENSIONS.join(', ')})`);
    return path;
  };
  return {
    name: 'fashioniq',
    ...accessTo('fashioniq', parts),
    uses: presentUses({ train: 'train', validation: 'val', test: 'val' }, splits),
    ...imagesIn(fileOf),
    otherFiles: (id) => paths.get(nfc(id))?.slice(1) ?? [],
    leftOut,
  };
}

async function readPart(folder: string, split: string, category: string): Promise<Part> {
  const file = captionsFile(category, split);
  const entries = await readJson(folder, file, captionsSchema);
  const known = new Set(await readJson(folder, splitFile(category, split), splitSchema));
  const triplets = entries.map(({ candidate, target, captions }, i): Triplet => {
    for (const [field, id] of Object.entries({ candidate, target })) {
      if (id !== undefined && !known.has(id)) {
        throw new Error(
          `${file}, entry ${i}: "${field}" is "${id}"; expected an image of ${splitFile(category, split)}`,
        );
      }
    }
    if (target === undefined && split !== 'test') {
      throw new Error(`${file}, entry ${i}: "target" is missing; expected an image id`);
    }
    return { id: `${category}-${split}-${i}`, category, reference: candidate, ...(target && { target }), captions };
  });
  return { split, category, gallery: [...known], triplets, placeOf: entryOf(file) };
}
