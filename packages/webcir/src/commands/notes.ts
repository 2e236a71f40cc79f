import type { CirDataset } from '@webcir/data';
import type { ClipSource } from './clip-source.ts';

/** The queries that some numbers are about, in words. */
export const splitPhrase = ({ name }: CirDataset, split: string): string => `the ${split} split of ${name}`;

/** A note where no CLIP is named, and the one that is taken is small. */
export const smallClipNotes = ({ name }: CirDataset, { clipModelName, clipModelPath }: ClipSource): string[] =>
  name !== 'fmnist-cir' && clipModelName === undefined && clipModelPath === undefined
    ? ['It takes the small CLIP of the embedded set. Published numbers need --clip-model-name RN50x4.']
    : [];

/** Notes that must stand beside the numbers of an incomplete data set. */
export const incompleteNotes = ({ name, incomplete }: CirDataset): string[] =>
  incomplete
    ? [
        `${name} is not complete: ${incomplete.images} images and ${incomplete.triplets} triplets are left out. ` +
          'These numbers do not compare with published ones.',
      ]
    : [];
