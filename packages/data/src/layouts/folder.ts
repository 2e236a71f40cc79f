import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { accessTo } from '../parts.ts';
import type { CirDataset, SplitUses } from '../types.ts';
import { imagesIn, requireFolder } from './files.ts';
import { imagesFound, listedImages } from './folder-gallery.ts';
import { folderParts } from './folder-parts.ts';
import { readTriplets } from './folder-rows.ts';
import { fileFinder, nfc } from './names.ts';

/**
 * Opens a folder of your own. Its triplets are in one of
 * - `triplets.jsonl`, a JSON object per line: `reference`, `target`, `captions` (one or two) and, optionally, `id`,
 *   `split`, `category`, `group` (look-alikes) and `targets` (all correct answers);
 * - `triplets.csv` with a header: `reference`, `target`, `caption` and, optionally, `caption2`, `split`, `category`,
 *   `id`.
 *
 * Images are named by their path in the folder or in its `images/`, with or without extension; with it where a .jpg and
 * a .png are named the same. The gallery is what
 * `images.jsonl` or `metadata.jsonl` lists (`file_name` and, optionally, `split` and `category`, which keep an image
 * out of other galleries), else every image file in `images/`, or in the folder if there is no `images/`, and in the
 * folders below.
 *
 * Triplets without a split are in the one split "all", those without a category in the one category "all"; either all
 * have one or none. Training uses "train", else "all"; validation "val" or "validation", and test "test", each in place
 * of the other where it is missing, then "all", then the first split. So with "all" alone, or "train" alone, a model is
 * evaluated on what it was trained on.
 * @throws naming the file, the line (of a CSV record: its last) and the field at fault
 */
export async function openFolder(folder: string): Promise<CirDataset> {
  await requireFolder(folder, 'images and triplets', 'triplets.jsonl or triplets.csv');
  const tripletsFile = oneOf(folder, ['triplets.jsonl', 'triplets.csv']);
  if (!tripletsFile) throw new Error(`${folder} holds neither triplets.jsonl nor triplets.csv; write one of them`);
  const rows = await readTriplets(folder, tripletsFile);
  const listFile = oneOf(folder, ['images.jsonl', 'metadata.jsonl']);
  const { images, leftOut } = listFile
    ? { images: await listedImages(folder, listFile), leftOut: undefined }
    : await imagesFound(folder);
  const access = accessTo('folder', folderParts(rows, images, listFile ?? 'the folder'));
  const byId = new Map(images.map((image) => [image.id, image]));
  const find = fileFinder();
  const fileOf = (id: string): string => {
    const image = byId.get(nfc(id));
    if (!image) throw new Error(`${folder} holds no image "${id}"`);
    const [file] = image.files.flatMap((path) => find(path) ?? []);
    if (!file) throw new Error(`image "${id}" is missing; looked for ${image.files.join(', ')}`);
    return file;
  };
  return {
    name: 'folder',
    ...access,
    uses: usesOf(access.splits),
    ...imagesIn(fileOf),
    leftOut,
  };
}

/** The one of these files that exists, if any. @throws when there are two */
function oneOf(folder: string, names: readonly string[]): string | undefined {
  const [present, second] = names.filter((name) => existsSync(join(folder, name)));
  if (second) throw new Error(`${folder} holds both ${present} and ${second}; take one of them away`);
  return present;
}

function usesOf(splits: readonly string[]): SplitUses {
  const first = (...names: string[]) => names.find((name) => splits.includes(name));
  const train = first('train', 'all');
  return {
    ...(train && { train }),
    validation: first('val', 'validation', 'test', 'all') ?? splits[0],
    test: first('test', 'val', 'validation', 'all') ?? splits[0],
  };
}
