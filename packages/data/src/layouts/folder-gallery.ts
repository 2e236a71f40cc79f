import { existsSync } from 'node:fs';
import { extname, join, posix } from 'node:path';
import { checkUnique } from './files.ts';
import { readImageRows } from './folder-rows.ts';
import { listImages, withoutExtension } from './listing.ts';

/** An image of your own folder. */
export interface FolderImage {
  /** Path within the folder, or within its `images/`, without extension. */
  readonly id: string;
  /** The same with the extension. */
  readonly name: string;
  /** Paths at which the image may be. */
  readonly files: readonly string[];
  /** Other files with the same id. */
  readonly others: readonly string[];
  /** The only split whose gallery has the image. */
  readonly split?: string;
  /** The only category whose gallery has the image. */
  readonly category?: string;
}

/** Reads a file that lists the images. @throws when two lines have the same id */
export async function listedImages(folder: string, file: string): Promise<FolderImage[]> {
  const rows = await readImageRows(folder, file);
  const images = rows.map(({ value: { file_name: path, split, category } }): FolderImage => {
    const name = plainName(path);
    const files = [join(folder, path), join(folder, 'images', path)];
    return { id: withoutExtension(name) ?? name, name, files, others: [], split, category };
  });
  checkUnique(
    images.map(({ id }) => id),
    (i) => rows[i].place,
    'file_name',
  );
  return images;
}

/** The image files in `images/`, or in the folder itself where there is no `images/`. @throws when there is none */
export async function imagesFound(folder: string): Promise<FolderImage[]> {
  const root = existsSync(join(folder, 'images')) ? join(folder, 'images') : folder;
  const found = await listImages(root, String);
  if (!found.size) throw new Error(`${root} holds no images (.jpg, .jpeg, .png or .webp)`);
  return [...found]
    .map(([id, [file, ...others]]) => ({ id, name: id + extname(file), files: [file], others }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** An image's path in the form of ids: "./images/dress/1.jpg" is "dress/1.jpg". */
export const plainName = (path: string): string => posix.normalize(path).replace(/^images\//, '');
