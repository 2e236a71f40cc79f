import type { RunFolder } from '../run-folder.ts';
import type { Scoreboard } from './evaluate.ts';
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
export const splitPhrase = ({ dataset }: Pick<Session, 'dataset'>, split: string): string =>
  `the ${split} split of ${dataset.name}`;
