import type { CirDataset } from '@webcir/data';

/** The queries that some numbers are about, in words. */
export const splitPhrase = ({ name }: CirDataset, split: string): string => `the ${split} split of ${name}`;

/** Notes that must stand beside the numbers of an incomplete data set. */
export const incompleteNotes = ({ name, incomplete }: CirDataset): string[] =>
  incomplete
    ? [
        `${name} is not complete: ${incomplete.images} images and ${incomplete.triplets} triplets are left out. ` +
          'These numbers do not compare with published ones.',
      ]
    : [];
