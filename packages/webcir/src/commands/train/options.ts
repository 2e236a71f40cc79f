import type { Choices } from '@webcir/kernels';
import type { RunOptions } from '@webcir/train';
import type { AutotuneOption } from '../autotune.ts';
import type { SessionOptions } from '../session.ts';

/** The options of `webcir train`. */
export interface TrainOptions extends RunOptions, SessionOptions, AutotuneOption {
  /** Folds the BatchNorm of a frozen ResNet into its convolutions: an exact shortcut. */
  readonly foldBatchnorm: boolean;
}

/**
 * The content of a run folder's config.json. Options must not change when a run is resumed: they decide what its steps
 * were.
 */
export type StoredConfig = TrainOptions & {
  readonly command: string;
  readonly startedAt: string;
  /** The kernels that the run was made with: others round differently. Absent in runs of older versions. */
  readonly choices?: Choices;
};
