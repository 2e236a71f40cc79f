import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** Extensions of the files that are taken for images, the ones most used first. */
export const IMAGE_EXTENSIONS = ['.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.gif', '.avif', '.tif', '.tiff'];

/** What a folder holds, as `listImages` tells. */
export interface ImageFolder {
  /** Paths of the image files by name: the path below the folder, with `/`. In the order of the names. */
  readonly files: ReadonlyMap<string, string>;
  /** What was left out, for people: "3 hidden, 2 .txt"; undefined if nothing was. */
  readonly leftOut?: string;
}

/** A name without the extension of an image; undefined for a name that has none. */
export function withoutExtension(name: string): string | undefined {
  const extension = extname(name);
  return IMAGE_EXTENSIONS.includes(extension.toLowerCase()) ? name.slice(0, -extension.length) : undefined;
}

/**
 * Lists the images of a folder and of all folders below it, by their names; links are followed, and no folder is
 * visited twice. A folder that is named like an image counts as an image, and cannot be decoded. What is hidden (macOS
 * puts `._name.jpg` beside files), named like nothing that is decoded, or no file at all is left out, and counted.
 * @throws naming the folder, when it cannot be read
 */
export async function listImages(folder: string): Promise<ImageFolder> {
  const files: [name: string, path: string][] = [];
  const leftOut = new Map<string, number>();
  const visited = new Set<string>();
  const visit = async (path: string, prefix: string) => {
    const real = await realpath(path);
    if (visited.has(real)) return;
    visited.add(real);
    for (const entry of await readdir(path, { withFileTypes: true })) {
      const inner = join(path, entry.name);
      const what = await kindOf(inner, entry);
      if (what === 'image') files.push([prefix + entry.name, inner]);
      else if (what === 'folder') await visit(inner, `${prefix}${entry.name}/`);
      else leftOut.set(what, (leftOut.get(what) ?? 0) + 1);
    }
  };
  await visit(folder, '');
  files.sort(([a], [b]) => (a < b ? -1 : 1));
  const counts = [...leftOut].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `${count} ${what}`);
  return { files: new Map(files), ...(counts.length > 0 && { leftOut: counts.join(', ') }) };
}

/** `image`, `folder`, or why the entry is left out. */
async function kindOf(path: string, entry: Dirent): Promise<string> {
  if (entry.name.startsWith('.')) return 'hidden';
  const isImage = withoutExtension(entry.name) !== undefined;
  if (entry.isDirectory()) return isImage ? 'image' : 'folder';
  // A link that leads nowhere is an image that is missing.
  const linked = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
  if (linked && !linked.isFile() && !linked.isDirectory()) return 'not a file';
  if (isImage) return 'image';
  return linked?.isDirectory() ? 'folder' : extname(entry.name).toLowerCase() || 'without an extension';
}
