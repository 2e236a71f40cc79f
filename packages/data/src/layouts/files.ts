import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { parseJson } from '../json.ts';

/** @throws when the folder of a data set does not exist, or is a file */
export async function requireFolder(folder: string, set: string, holds: string): Promise<void> {
  const info = await stat(folder).catch(() => undefined);
  if (info?.isDirectory()) return;
  const problem = info ? 'is a file' : 'does not exist';
  throw new Error(`${folder} ${problem}; expected the folder of ${set}, which holds ${holds}`);
}

/** Reads and checks a JSON file of a data set; errors call it by its path within the data set's folder. */
export async function readJson<T extends z.ZodType>(folder: string, name: string, schema: T): Promise<z.output<T>> {
  let text: string;
  try {
    text = await readFile(join(folder, name), 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(`${join(folder, name)} ${missing ? 'is missing' : `cannot be read: ${(error as Error).message}`}`);
  }
  return parseJson(text, schema, name);
}

/** The given splits whose files exist. @throws when there is none */
export function presentSplits(folder: string, splits: readonly string[], fileOf: (split: string) => string): string[] {
  const present = splits.filter((split) => existsSync(join(folder, fileOf(split))));
  if (present.length) return present;
  throw new Error(`${folder} holds none of ${splits.map(fileOf).join(', ')}; download the annotations into it`);
}

/** Size and time of change of a picture's file. */
export async function fileVersion(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  return `${size} ${mtimeMs}`;
}

const pictureFile = /^(.+)\.(jpe?g|png|webp)$/i;

/** Picture files by name without extension: those in `folder` itself and one level below. */
export async function listPictures(folder: string): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const inside = entry.isDirectory() ? (await readdir(path)).map((name) => ({ name, path: join(path, name) })) : [];
    for (const file of [{ name: entry.name, path }, ...inside]) {
      const name = pictureFile.exec(file.name)?.[1];
      if (name && !paths.has(name)) paths.set(name, file.path);
    }
  }
  return paths;
}
