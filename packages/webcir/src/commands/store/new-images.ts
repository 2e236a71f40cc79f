import { stat } from 'node:fs/promises';
import type { Metadata, Store } from '@webcir/retrieval';
import { ProgressLine } from '../../progress.ts';
import { counted } from '../images.ts';

/** An image file: its id, which is its path below the folder that is indexed, and its path. */
export type ImageFile = readonly [id: string, path: string];

/** What tells whether a file was changed since it was stored. @throws where there is no such file */
export async function metadataOf(path: string): Promise<Metadata> {
  const { size, mtimeMs } = await stat(path);
  return { bytes: size, modified: mtimeMs };
}

/** What a store has of some files. */
export interface Compared {
  /** Those that the store does not have as they are now. */
  readonly wanted: readonly ImageFile[];
  /** How many of them the store has, as they are now or as they were. */
  readonly known: number;
}

/** Files that are asked for at once. */
const batch = 1024;

/** Compares files with what is stored of them. Keeps none of what it reads: folders of a million files are usual. */
export async function compareWithStore(store: Store, files: readonly ImageFile[]): Promise<Compared> {
  if ((await store.count()) === 0) return { wanted: files, known: 0 };
  const line = new ProgressLine('comparing');
  const wanted: ImageFile[] = [];
  let known = 0;
  for (let start = 0; start < files.length; start += batch) {
    const some = files.slice(start, start + batch);
    const [stored, now] = await Promise.all([
      store.get(some.map(([id]) => id)),
      // What cannot be looked at is told of when it is to be read.
      Promise.all(some.map(([, path]) => metadataOf(path).catch(() => undefined))),
    ]);
    for (const [i, file] of some.entries()) {
      const before = stored[i]?.metadata;
      if (before !== undefined) known++;
      if (before === undefined || before.bytes !== now[i]?.bytes || before.modified !== now[i]?.modified)
        wanted.push(file);
    }
    line.update((start + some.length) / files.length, `${start + some.length}/${files.length}`);
  }
  line.finish(`${files.length - wanted.length} of ${counted(files.length)} stored already`);
  return { wanted, known };
}
