import type { Choices } from '@webcir/kernels';
import type { RunOptions } from '@webcir/train';
import type { MadeFrom } from '@webcir/train/node';
import type { AutotuneOption } from '../autotune.ts';
import type { SessionOptions } from '../session.ts';
import type { RecipeName } from './presets.ts';

/** The options of `webcir train`. */
export interface TrainOptions extends RunOptions, SessionOptions, AutotuneOption {
  /** Folds the BatchNorm of a frozen ResNet into its convolutions: an exact shortcut. */
  readonly foldBatchnorm: boolean;
  /** File of a Combiner that stage 2 goes on with. */
  readonly combinerPath?: string;
}

/** The options of a run, but for the defaults that depend on its data. */
export type GivenOptions = SessionOptions & Partial<TrainOptions> & { readonly recipe?: RecipeName };

/** The options that may change when a run is resumed: where files lie. The others decide what its steps were. */
export const movable = ['data', 'clipModelPath', 'combinerPath'] as const;
export type MovableOptions = Partial<Pick<TrainOptions, (typeof movable)[number]>>;

/** The content of a run folder's config.json. */
export type StoredConfig = TrainOptions & {
  readonly command: string;
  readonly startedAt: string;
  /** The kernels that the run was made with: others round differently. Absent in runs of older versions. */
  readonly choices?: Choices;
  /** The data and the weights that the run was started with. Absent in runs of older versions. */
  readonly madeFrom?: MadeFrom;
};
