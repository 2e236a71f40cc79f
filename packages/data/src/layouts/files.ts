import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, posix, win32 } from 'node:path';
import { decodeImage, readTextFile } from '@webcir/clip/node';
import * as z from 'zod';
import { parseJson } from '../json.ts';
import type { CirDataset, SplitUses } from '../types.ts';

/** @throws when the folder of a data set does not exist, or is a file */
export async function requireFolder(folder: string, set: string, holds: string): Promise<void> {
  const info = await stat(folder).catch(() => undefined);
  if (info?.isDirectory()) return;
  const problem = info ? 'is a file' : 'does not exist';
  throw new Error(`${folder} ${problem}; expected the folder of ${set}, which holds ${holds}`);
}

/** Reads and checks a JSON file of a data set; errors call it by its path within the data set's folder. */
export async function readJson<T extends z.ZodType>(folder: string, name: string, schema: T): Promise<z.output<T>> {
  return parseJson(await readTextFile(join(folder, name)), schema, name);
}

/** A path in an annotation file; one that leaves the data set's folder is refused. */
export const innerPath = (error: string) =>
  z
    .string({ error })
    .refine(
      (path) =>
        !posix.isAbsolute(path) &&
        !win32.isAbsolute(path) &&
        !/^\w:|\0/.test(path) &&
        !/(^|[\\/])\.\.([\\/]|$)/.test(path),
      { error: `${error} inside the data set's folder` },
    );

/** The given splits whose files exist. @throws when there is none */
export function presentSplits(folder: string, splits: readonly string[], fileOf: (split: string) => string): string[] {
  const present = splits.filter((split) => existsSync(join(folder, fileOf(split))));
  if (present.length) return present;
  throw new Error(`${folder} holds none of ${splits.map(fileOf).join(', ')}; download the annotations into it`);
}

/** Leaves out uses for training or submission whose split is missing. */
export function presentUses({ train, submission, ...uses }: SplitUses, splits: readonly string[]): SplitUses {
  const has = (split: string | undefined) => split !== undefined && splits.includes(split);
  return { ...uses, ...(has(train) && { train }), ...(has(submission) && { submission }) };
}

/** Names entries of a JSON file in messages, counted from 0. */
export const entryOf =
  (file: string) =>
  (index: number): string =>
    `${file}, entry ${index}`;

/** Refuses ids that occur twice. @param place names the file and entry or line of an id's first and second place */
export function checkUnique(ids: readonly string[], place: (index: number) => string, field: string): void {
  const first = new Map<string, number>();
  for (const [index, id] of ids.entries()) {
    const before = first.get(id);
    if (before !== undefined) {
      throw new Error(`${place(index)}: "${field}" is "${id}", as in ${place(before)}; expected another for each`);
    }
    first.set(id, index);
  }
}

/** Access to images in files. @param fileOf the path of an image; throws saying where it was looked for */
export function imagesIn(fileOf: (id: string) => string): Pick<CirDataset, 'image' | 'file' | 'version'> {
  return {
    image: async (id) => decodeImage(fileOf(id)),
    file: fileOf,
    version: async (id) => fileVersion(fileOf(id)),
  };
}

/** Size and modification time of an image's file. */
async function fileVersion(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return `${size} ${mtimeMs}`;
}
