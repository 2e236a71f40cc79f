import type { CirDataset } from '@webcir/data';

/** Which queries some numbers are about. */
export const splitPhrase = ({ name }: CirDataset, split: string): string => `the ${split} split of ${name}`;

/** What has to stand beside numbers of a data set that is not whole. */
export const incompleteNotes = ({ name, incomplete }: CirDataset): string[] =>
  incomplete
    ? [
        `${name} is not complete: ${incomplete.images} images and ${incomplete.triplets} triplets are left out. ` +
          'These numbers do not compare with published ones.',
      ]
    : [];
