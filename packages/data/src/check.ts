import { readFile, stat } from 'node:fs/promises';
import type { CirDataset } from './types.ts';
import { withoutImages } from './without.ts';

/** An image of a data set that cannot be used as it is. */
export interface ImageProblem {
  id: string;
  /** `duplicate`: another file with the same id has other contents; one of them is taken, and can be read. */
  kind: 'missing' | 'empty' | 'damaged' | 'duplicate';
  /** Names the file. */
  message: string;
}

/** Findings of `checkImages` in a split. */
export interface SplitReport {
  split: string;
  images: number;
  triplets: number;
  problems: ImageProblem[];
}

/** Options of `checkImages`. */
export interface CheckOptions {
  /** Images opened at a time. */
  concurrency?: number;
  onProgress?(done: number, total: number): void;
}

/**
 * Opens every image of every split, each once; dead links and pages saved as .jpg are common in FashionIQ downloads.
 * Other files in the folders are ignored.
 */
export async function checkImages(
  dataset: CirDataset,
  { concurrency = 8, onProgress }: CheckOptions = {},
): Promise<SplitReport[]> {
  const ids = [...new Set(dataset.splits.flatMap((split) => dataset.gallery(split)))];
  const problems = new Map<string, ImageProblem[]>();
  const queue = ids.values();
  const checkNext = async () => {
    for (const id of queue) {
      problems.set(id, await problemsOf(dataset, id));
      onProgress?.(problems.size, ids.length);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, checkNext));
  return dataset.splits.map((split) => {
    const gallery = dataset.gallery(split);
    const triplets = dataset.triplets(split).length;
    return { split, images: gallery.length, triplets, problems: gallery.flatMap((id) => problems.get(id)!) };
  });
}

async function problemsOf(dataset: CirDataset, id: string): Promise<ImageProblem[]> {
  const unreadable = await unreadableBecause(dataset, id);
  return [...(unreadable ? [unreadable] : []), ...(await duplicatesOf(dataset, id))];
}

async function unreadableBecause(dataset: CirDataset, id: string): Promise<ImageProblem | undefined> {
  let file: string | undefined;
  try {
    file = dataset.file(id);
  } catch (error) {
    return { id, kind: 'missing', message: (error as Error).message };
  }
  if (file !== undefined) {
    const info = await stat(file).catch(() => undefined);
    if (!info) return { id, kind: 'missing', message: `${file} is missing` };
    if (info.isFile() && info.size === 0) return { id, kind: 'empty', message: `${file} is empty; get it again` };
  }
  return dataset.image(id).then(
    () => undefined,
    (error: Error) => ({ id, kind: 'damaged', message: error.message }),
  );
}

/** Identical copies, such as of an image in the folders of two categories, are no problem. */
async function duplicatesOf(dataset: CirDataset, id: string): Promise<ImageProblem[]> {
  const others = dataset.otherFiles?.(id) ?? [];
  if (!others.length) return [];
  const file = dataset.file(id)!;
  const bytesOf = (path: string) => readFile(path).catch(() => undefined);
  const taken = await bytesOf(file);
  const differing: string[] = [];
  for (const other of others) {
    if (!taken || !(await bytesOf(other))?.equals(taken)) differing.push(other);
  }
  if (!differing.length) return [];
  return [
    { id, kind: 'duplicate', message: `${file} is taken for "${id}", not ${differing.join(', ')}; keep one of them` },
  ];
}

const isUnreadable = ({ kind }: ImageProblem): boolean => kind !== 'duplicate';

/** One line per split: "val: 3 of 15,536 images are missing or damaged, the first: ...". */
export function describeReports(reports: SplitReport[]): string {
  return reports
    .map(({ split, images, problems }) => {
      const total = images.toLocaleString('en');
      const unreadable = problems.filter(isUnreadable);
      if (!unreadable.length) return `${split}: all ${total} images open`;
      const count = unreadable.length.toLocaleString('en');
      return `${split}: ${count} of ${total} images are missing or damaged, the first: ${unreadable[0].message}`;
    })
    .join('\n');
}

/**
 * The data set without the images that cannot be read, and without the triplets that need them; the data set itself if
 * all can be read. `incomplete` counts what was left out.
 * @throws when a split has no triplet left
 */
export async function skipUnreadable(
  dataset: CirDataset,
  onProgress?: (done: number, total: number) => void,
): Promise<CirDataset> {
  const reports = await checkImages(dataset, { onProgress });
  const unreadable = reports.flatMap(({ problems }) => problems.filter(isUnreadable));
  if (!unreadable.length) return dataset;
  const rest = withoutImages(
    dataset,
    unreadable.map(({ id }) => id),
  );
  for (const { split, triplets } of reports) {
    if (triplets > 0 && !rest.triplets(split).length) {
      throw new Error(
        `${dataset.name}: every triplet of split ${split} needs an image that cannot be read, ` +
          `for instance: ${unreadable[0].message}`,
      );
    }
  }
  return rest;
}
