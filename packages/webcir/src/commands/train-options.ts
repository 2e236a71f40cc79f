import type { Choices } from '@webcir/kernels';
import type { TunedEncoder } from '@webcir/train';
import type { AutotuneOption } from './autotune.ts';
import type { SessionOptions } from './session.ts';

/** What `webcir train` can be told; written to the run folder's config.json. */
export interface TrainOptions extends SessionOptions, AutotuneOption {
  /** What is trained; with `2`, the CLIP that is given counts as tuned. */
  readonly stages: 'both' | '1' | '2';
  readonly seed: number;
  readonly encoder: TunedEncoder;
  readonly numEpochs: number;
  readonly learningRate: number;
  readonly batchSize: number;
  /** What goes through an encoder at once in stage 1; as much as the memory budget allows unless given. */
  readonly microBatchSize?: number;
  /** GPU memory for stage 1, in GB. */
  readonly memoryBudget: number;
  /** Computes activations again in the backward pass of stage 1 instead of keeping them. */
  readonly checkpointActivations: boolean;
  readonly combinerEpochs: number;
  readonly combinerLr: number;
  readonly combinerBatchSize: number;
  /** 4 times CLIP's feature width unless given. */
  readonly projectionDim?: number;
  /** 8 times CLIP's feature width unless given. */
  readonly hiddenDim?: number;
  readonly dropout: number;
  /** amp: automatic mixed precision in both stages. Runs that do not say it are older than the option. */
  readonly precision?: 'fp32' | 'amp';
  readonly schedule: 'constant' | 'cosine';
  readonly validationFrequency: number;
  /** Keeps the best model only, not that of every validated epoch. */
  readonly saveBest: boolean;
  /** The exact shortcuts; each can be switched off. */
  readonly foldBatchnorm: boolean;
  readonly imageCache: boolean;
  readonly trimText: boolean;
  readonly textCache: boolean;
}

/** Options that must not change when a run is resumed, since they decide what the finished steps were. */
export type StoredConfig = TrainOptions & {
  readonly command: string;
  readonly startedAt: string;
  /** The kernels that the run was started with: others round otherwise. None in runs of older versions. */
  readonly choices?: Choices;
};
