import { readFile } from 'node:fs/promises';
import { decodeImage } from '@webcir/clip/node';
import { type EmbeddedDataset, openEmbedded } from './embedded.ts';
import { embeddedPackage } from './embedded-package.ts';
import { EMBEDDED_DATASETS, type EmbeddedName } from './embedded-sets.ts';
import { openCirco } from './layouts/circo.ts';
import { openCirr } from './layouts/cirr.ts';
import { openFashionIq } from './layouts/fashioniq.ts';
import { openFolder } from './layouts/folder.ts';
import type { CirDataset } from './types.ts';

/** The data sets by name: the embedded ones, the published ones, and a folder of your own. */
export const DATASETS = [...EMBEDDED_DATASETS, 'fashioniq', 'cirr', 'circo', 'folder'] as const;

/** One of `DATASETS`. */
export type DatasetName = (typeof DATASETS)[number];

/** Whether a data set needs no folder. */
export const isEmbedded = (name: string): name is EmbeddedName =>
  EMBEDDED_DATASETS.some((embedded) => embedded === name);

/** Opens an embedded data set out of its package. @throws MissingPackageError where it is not installed */
export async function openEmbeddedFromPackage(name: EmbeddedName = 'fmnist-cir'): Promise<EmbeddedDataset> {
  const files = await embeddedPackage(name);
  const [images, annotations] = await Promise.all([readFile(files.images), readFile(files.annotations)]);
  return openEmbedded({ images, annotations }, decodeImage);
}

const onDisk: Record<Exclude<DatasetName, EmbeddedName>, (folder: string) => Promise<CirDataset>> = {
  fashioniq: openFashionIq,
  cirr: openCirr,
  circo: openCirco,
  folder: openFolder,
};

/**
 * Opens a data set by its name.
 * @param folder of a data set on disk; none for an embedded one
 * @throws when a folder is missing or not needed, and whatever the set's own function throws
 */
export async function openDataset(name: DatasetName, folder?: string): Promise<CirDataset> {
  if (isEmbedded(name)) {
    if (folder === undefined) return openEmbeddedFromPackage(name);
    throw new Error(
      `--data is for data sets on disk; the embedded set ${name} needs none: ` +
        'add --dataset fashioniq, cirr, circo or folder',
    );
  }
  if (folder === undefined) throw new Error(`--dataset ${name} needs --data with the folder of the data set`);
  return onDisk[name](folder);
}
