import type { CirDataset } from '@webcir/data';
import type { Scoreboard } from '@webcir/eval';
import type { RunFolder } from '../run-folder.ts';
import type { Session } from './session.ts';
import type { StoredConfig } from './train-options.ts';

/** A run with everything that its report shows. */
export interface Finished {
  readonly session: Session;
  readonly run: RunFolder;
  readonly config: StoredConfig;
  readonly test: Scoreboard;
  readonly validation: Scoreboard;
  readonly seconds: number;
}

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
