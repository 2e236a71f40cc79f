import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Extensions by preference among files with the same id. */
const extensions = ['.jpg', '.jpeg', '.png', '.webp'];
const imageFile = /^(.+)(\.jpe?g|\.png|\.webp)$/i;

/** An image file's name without the extension; undefined for another file. */
export const withoutExtension = (name: string): string | undefined => imageFile.exec(name)?.[1];

interface Found {
  /** Path relative to the folder, with `/`. */
  readonly name: string;
  readonly isFolder: boolean;
}

/**
 * Image files in `folder` and one level below, by id: first the one that is taken (by extension, then the folder's own,
 * then by name), then others with the same id. A folder that is named like an image counts as a damaged image.
 * @param idOf id of a file's path (relative to `folder`, with `/`, without extension)
 */
export async function listImages(folder: string, idOf: (path: string) => string): Promise<Map<string, string[]>> {
  const found = (await filesIn(folder)).sort(byPreference);
  const paths = new Map<string, string[]>();
  for (const { name } of found) {
    const id = idOf(withoutExtension(name)!);
    const path = join(folder, name);
    const same = paths.get(id);
    if (same) same.push(path);
    else paths.set(id, [path]);
  }
  return paths;
}

async function filesIn(folder: string): Promise<Found[]> {
  const found: Found[] = [];
  for (const entry of await visible(folder)) {
    const isFolder = await leadsToFolder(folder, entry);
    if (withoutExtension(entry.name)) found.push({ name: entry.name, isFolder });
    else if (isFolder) {
      for (const inner of await visible(join(folder, entry.name))) {
        if (!withoutExtension(inner.name)) continue;
        found.push({ name: `${entry.name}/${inner.name}`, isFolder: inner.isDirectory() });
      }
    }
  }
  return found;
}

/** Leaves out what macOS and others hide beside files (`._name.jpg`). */
const visible = async (folder: string): Promise<Dirent[]> =>
  (await readdir(folder, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));

async function leadsToFolder(folder: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink() || withoutExtension(entry.name)) return entry.isDirectory();
  const info = await stat(join(folder, entry.name)).catch(() => undefined);
  return info?.isDirectory() ?? false;
}

function byPreference(a: Found, b: Found): number {
  const rank = ({ name, isFolder }: Found) =>
    extensions.indexOf(imageFile.exec(name)![2].toLowerCase()) + (isFolder ? extensions.length : 0);
  const depth = ({ name }: Found) => Number(name.includes('/'));
  return rank(a) - rank(b) || depth(a) - depth(b) || (a.name < b.name ? -1 : 1);
}
