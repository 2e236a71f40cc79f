import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { accessTo, type Part } from '../parts.ts';
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
import { fileFinder, nfc } from './names.ts';

const name = z.string({ error: 'expected an image name' }).transform(nfc);
const members = z.array(name, { error: 'expected a list of six image names' });
const captionsSchema = z.array(
  z.object({
    pairid: z.number({ error: 'expected a number' }),
    reference: name,
    target_hard: name.optional(),
    caption: z.string({ error: 'expected a string' }),
    img_set: z.object(
      { members: members.length(6, 'expected a list of six image names') },
      { error: 'expected an object with "members"' },
    ),
  }),
  { error: 'expected a list of entries' },
);
const splitSchema = z.record(z.string(), innerPath('expected a path such as "./dev/NAME.png"'), {
  error: 'expected an object of image names and paths',
});

const allSplits = ['train', 'val', 'test1'];
export const captionsFile = (split: string) => `captions/cap.rc2.${split}.json`;
export const splitFile = (split: string) => `image_splits/split.rc2.${split}.json`;

/**
 * Opens CIRR (release rc2): `captions/` and `image_splits/` in the folder or in its `cirr/`, images (`train/`, `dev/`,
 * `test1/`) beside them, in `img_raw/`, or one level up as in CLIP4Cir. All queries are of one category, "all".
 * Splits without files are left out; `test1` has no targets.
 * @throws naming the file, the entry and the field at fault
 */
export async function openCirr(folder: string): Promise<CirDataset> {
  await requireFolder(folder, 'CIRR', 'captions, image_splits and images, or cirr/');
  const root = existsSync(join(folder, 'cirr')) ? join(folder, 'cirr') : folder;
  const imageRoots = [folder, root, join(root, 'img_raw')];
  const splits = presentSplits(root, allSplits, captionsFile);
  const paths = new Map<string, string>();
  const parts: Part[] = [];
  for (const split of splits) {
    const images = Object.entries(await readJson(root, splitFile(split), splitSchema));
    const gallery = images.map(([image]) => nfc(image));
    checkUnique(gallery, (i) => `${splitFile(split)}, ${JSON.stringify(images[i][0])}`, 'name');
    for (const [i, [, path]] of images.entries()) paths.set(gallery[i], path);
    const triplets = await readTriplets(root, split, new Set(gallery));
    parts.push({ split, category: 'all', gallery, triplets, placeOf: entryOf(captionsFile(split)) });
  }
  const find = fileFinder();
  const fileOf = (id: string): string => {
    const path = paths.get(nfc(id));
    if (!path) throw new Error(`${root}: no image split of CIRR lists "${id}"`);
    const candidates = imageRoots.map((base) => join(base, path));
    const [file] = candidates.flatMap((candidate) => find(candidate) ?? []);
    if (!file) throw new Error(`image "${id}" is missing; looked for ${candidates.join(', ')}`);
    return file;
  };
  return {
    name: 'cirr',
    ...accessTo('cirr', parts),
    uses: presentUses({ train: 'train', validation: 'val', test: 'val', submission: 'test1' }, splits),
    ...imagesIn(fileOf),
  };
}

async function readTriplets(root: string, split: string, images: ReadonlySet<string>): Promise<Triplet[]> {
  const file = captionsFile(split);
  const entries = await readJson(root, file, captionsSchema);
  const triplets = entries.map(({ pairid, reference, target_hard: target, caption, img_set: { members } }, i) => {
    const named = { reference, target_hard: target, ...Object.fromEntries(members.map((m, k) => [`member ${k}`, m])) };
    for (const [field, id] of Object.entries(named)) {
      if (id !== undefined && !images.has(id)) {
        throw new Error(`${file}, entry ${i}: "${field}" is "${id}"; expected an image of ${splitFile(split)}`);
      }
    }
    if (target === undefined && split !== 'test1') {
      throw new Error(`${file}, entry ${i}: "target_hard" is missing; expected an image name`);
    }
    const answer = target === undefined ? {} : { target };
    return { id: String(pairid), category: 'all', reference, ...answer, captions: [caption], group: members };
  });
  const ids = triplets.map(({ id }) => id);
  checkUnique(ids, entryOf(file), 'pairid');
  return triplets;
}
