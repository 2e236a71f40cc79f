import { existsSync, statSync } from 'node:fs';
import { IMAGE_EXTENSIONS, listImages } from '@webcir/clip/node';

/**
 * The images of a folder and of those below it, by their paths in it. What is taken for no image is said.
 * @throws Error naming a folder that is not there, or that holds none
 */
export async function imagesOfFolder(folder: string): Promise<ReadonlyMap<string, string>> {
  if (!existsSync(folder)) throw new Error(`${folder}: there is no such image or folder`);
  if (!statSync(folder).isDirectory()) throw new Error(`${folder} is not a folder`);
  const { files, leftOut } = await listImages(folder);
  if (leftOut) console.log(`${folder}: taken for no image: ${leftOut}`);
  if (files.size === 0) throw new Error(`${folder} holds no images (${IMAGE_EXTENSIONS.join(', ')})`);
  return files;
}

/** Names that are printed; `--report` has room for more. */
const namesPrinted = 100;

/**
 * Names the images without features. By then the others have been written: hours of work are not lost to one file.
 * @param out what holds the others
 * @throws saying so, unless they may be missing
 */
export function reportUnreadable(unreadable: readonly string[], out: string, skipMissing: boolean | undefined): void {
  if (unreadable.length === 0) return;
  for (const message of unreadable.slice(0, namesPrinted)) console.log(message);
  if (unreadable.length > namesPrinted) console.log(`… and ${unreadable.length - namesPrinted} more`);
  const count = counted(unreadable.length);
  if (!skipMissing)
    throw new Error(`${count} cannot be read, and ${out} holds only the others; --skip-missing takes that for success`);
  console.log(`Left out: ${count}.`);
}

/** '1 image', '2 images'. */
export const counted = (count: number): string => `${count} ${count === 1 ? 'image' : 'images'}`;
