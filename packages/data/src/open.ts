import { readFile } from 'node:fs/promises';
import { type EmbeddedDataset, openEmbedded } from './embedded.ts';
import { embeddedPackage } from './embedded-package.ts';
import { openCirco } from './layouts/circo.ts';
import { openCirr } from './layouts/cirr.ts';
import { openFashionIq } from './layouts/fashioniq.ts';
import { openFolder } from './layouts/folder.ts';
import type { CirDataset } from './types.ts';

/** The data sets by name: the embedded one, the published ones, and a folder of your own. */
export const DATASETS = ['fmnist-cir', 'fashioniq', 'cirr', 'circo', 'folder'] as const;

/** Those of `DATASETS` that need no folder. */
export const EMBEDDED_DATASETS = ['fmnist-cir'] as const;

/** One of `DATASETS`. */
export type DatasetName = (typeof DATASETS)[number];

/**
 * Opens the embedded data set of the package `@webcir/embedded`. @throws MissingPackageError where it is not installed
 */
export async function openEmbeddedFromPackage(): Promise<EmbeddedDataset> {
  const files = await embeddedPackage();
  const [images, annotations] = await Promise.all([readFile(files.images), readFile(files.annotations)]);
  return openEmbedded({ images, annotations });
}

const onDisk: Record<Exclude<DatasetName, 'fmnist-cir'>, (folder: string) => Promise<CirDataset>> = {
  fashioniq: openFashionIq,
  cirr: openCirr,
  circo: openCirco,
  folder: openFolder,
};

/**
 * Opens a data set by its name.
 * @param folder of a data set on disk; none for the embedded one
 * @throws when a folder is missing or not needed, and whatever the set's own function throws
 */
export async function openDataset(name: DatasetName, folder?: string): Promise<CirDataset> {
  if (name === 'fmnist-cir') {
    if (folder === undefined) return openEmbeddedFromPackage();
    throw new Error(
      `--data is for data sets on disk; the embedded set ${name} needs none: ` +
        'add --dataset fashioniq, cirr, circo or folder',
    );
  }
  if (folder === undefined) throw new Error(`--dataset ${name} needs --data with the folder of the data set`);
  return onDisk[name](folder);
}
