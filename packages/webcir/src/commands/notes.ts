import { statSync } from 'node:fs';
import { CLIP4CIR_PREPROCESSING, type Preprocessing } from '@webcir/clip';
import type { CirDataset } from '@webcir/data';
import { isEmbedded } from '@webcir/data/node';
import type { ClipSource } from './clip-source.ts';

/** The queries that some numbers are about, in words. */
export const splitPhrase = ({ name }: CirDataset, split: string): string => `the ${split} split of ${name}`;

/** A note where no CLIP is named, and the one that is taken is small. */
export const smallClipNotes = ({ name }: CirDataset, { clipModelName, clipModelPath }: ClipSource): string[] =>
  !isEmbedded(name) && clipModelName === undefined && clipModelPath === undefined
    ? ['It takes the small CLIP of the embedded set. Published numbers need --clip-model-name RN50x4.']
    : [];

/** A note where nobody asked how images are prepared, and the model has a way that is not CLIP4Cir's. */
export const preprocessingNotes = ({ transform }: Partial<Preprocessing>, own: Preprocessing): string[] =>
  transform === undefined && own.transform !== CLIP4CIR_PREPROCESSING.transform
    ? [
        `Images are prepared as the model has it (${own.transform}); ` +
          `CLIP4Cir's way is --transform ${CLIP4CIR_PREPROCESSING.transform}.`,
      ]
    : [];

/** Notes on images that have several files which differ in size: which of them is meant is not sure. */
export function severalFilesNotes(dataset: CirDataset): string[] {
  const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size;
  const ids = new Set(dataset.splits.flatMap((split) => dataset.gallery(split)));
  const several = [...ids].flatMap((id) => {
    const others = dataset.otherFiles?.(id) ?? [];
    const files = others.length > 0 ? [dataset.file(id)!, ...others] : [];
    return new Set(files.map(sizeOf)).size > 1 ? [files] : [];
  });
  if (several.length === 0) return [];
  return [
    `${dataset.name}: images with several files that differ: ${several.length}, such as ${several[0].join(' and ')}. ` +
      'The first is taken; webcir data check lists them all.',
  ];
}

/** Notes that must stand beside the numbers of an incomplete data set. */
export const incompleteNotes = ({ name, incomplete }: CirDataset): string[] =>
  incomplete
    ? [
        `${name} is not complete: ${incomplete.images} images and ${incomplete.triplets} triplets are left out. ` +
          'These numbers do not compare with published ones.',
      ]
    : [];
