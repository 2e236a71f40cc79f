import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { IMAGE_EXTENSIONS, listImages, withoutExtension } from '@webcir/clip/node';

/** Image files by id, and what else lies in their folder. */
export interface ImagesById {
  /** First the file that is taken (by extension, then the least deep, then by name), then others with the same id. */
  readonly paths: ReadonlyMap<string, string[]>;
  /** What is in the folder but no image, for people. */
  readonly leftOut?: string;
}

/**
 * The image files in `folder` and below it. Of files with one id, one that is really a folder is the last.
 * @param idOf id of a file's path (relative to `folder`, with `/`, without extension)
 * @throws naming the folder, when it cannot be read
 */
export async function imagesById(folder: string, idOf: (path: string) => string): Promise<ImagesById> {
  const { files, leftOut } = await listImages(folder);
  const paths = new Map<string, string[]>();
  for (const [name, path] of [...files].sort(([a], [b]) => byPreference(a, b))) {
    const id = idOf(withoutExtension(name)!);
    paths.set(id, [...(paths.get(id) ?? []), path]);
  }
  for (const [id, same] of paths) {
    if (same.length > 1) paths.set(id, await foldersLast(same));
  }
  return { paths, ...(leftOut && { leftOut: `${folder}: ${leftOut}` }) };
}

function byPreference(a: string, b: string): number {
  const rank = (name: string) => IMAGE_EXTENSIONS.indexOf(extname(name).toLowerCase());
  const depth = (name: string) => name.split('/').length;
  return rank(a) - rank(b) || depth(a) - depth(b) || (a < b ? -1 : 1);
}

async function foldersLast(paths: readonly string[]): Promise<string[]> {
  const isFolder = await Promise.all(
    paths.map(async (path) => (await stat(path).catch(() => undefined))?.isDirectory()),
  );
  return [...paths.filter((_, i) => !isFolder[i]), ...paths.filter((_, i) => isFolder[i])];
}
