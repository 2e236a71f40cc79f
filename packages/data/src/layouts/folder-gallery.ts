import { existsSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import { IMAGE_EXTENSIONS, withoutExtension } from '@webcir/clip/node';
import { checkUnique } from './files.ts';
import { readImageRows } from './folder-rows.ts';
import { imagesById } from './listing.ts';
import { nfc } from './names.ts';

/** An image of your own folder. */
export interface FolderImage {
  /** `name` without extension; with it where another image is named the same but for the extension. */
  readonly id: string;
  /** Path within the folder, or within its `images/`. */
  readonly name: string;
  /** Paths at which the image may be. */
  readonly files: readonly string[];
  /** The only split whose gallery has the image. */
  readonly split?: string;
  /** The only category whose gallery has the image. */
  readonly category?: string;
}

/** Reads a file that lists the images. @throws when two lines name the same image */
export async function listedImages(folder: string, file: string): Promise<FolderImage[]> {
  const rows = await readImageRows(folder, file);
  const names = rows.map(({ value }) => plainName(value.file_name));
  checkUnique(names, (i) => rows[i].place, 'file_name');
  const ids = idsOf(names);
  return rows.map(({ value: { file_name: path, split, category } }, i) => {
    const files = [join(folder, path), join(folder, 'images', path)];
    return { id: ids[i], name: names[i], files, split, category };
  });
}

/**
 * The image files in `images/`, or in the folder itself where there is no `images/`, and what else lies there.
 * @throws when there is none, or two have the same name in two forms of Unicode
 */
export async function imagesFound(folder: string): Promise<{ images: FolderImage[]; leftOut?: string }> {
  const root = existsSync(join(folder, 'images')) ? join(folder, 'images') : folder;
  const { paths, leftOut } = await imagesById(root, String);
  if (!paths.size) throw new Error(`${root} holds no images (${IMAGE_EXTENSIONS.join(', ')})`);
  const files = [...paths.values()].flat();
  const names = files.map((file) => nfc(relative(root, file).replaceAll(sep, '/')));
  checkUnique(names, (i) => files[i], 'name');
  const ids = idsOf(names);
  const images = files.map((file, i) => ({ id: ids[i], name: names[i], files: [file] }));
  return { images: images.sort((a, b) => (a.id < b.id ? -1 : 1)), leftOut };
}

/** Names without their extension, but for those that would then be the same as another's or its name. */
function idsOf(names: readonly string[]): string[] {
  const short = names.map((name) => withoutExtension(name) ?? name);
  const uses = new Map<string, number>();
  for (const id of [...short, ...names.filter((name, i) => name !== short[i])]) uses.set(id, (uses.get(id) ?? 0) + 1);
  return names.map((name, i) => (uses.get(short[i])! > 1 ? name : short[i]));
}

/** An image's path in the form of ids: "./images/dress/1.jpg" is "dress/1.jpg". */
export const plainName = (path: string): string => nfc(posix.normalize(path).replace(/^images\//, ''));
