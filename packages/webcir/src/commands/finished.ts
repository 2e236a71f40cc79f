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

/** Which pictures are ranked: three protocols are in use for FashionIQ, and their numbers do not compare. */
export const protocolOf = ({ dataset, splits }: Session): string =>
  `the ${splits.test} split of ${dataset.name}, each category ranked against all of its own pictures, the reference picture among ` +
  'them (the protocol of CLIP4Cir)';
