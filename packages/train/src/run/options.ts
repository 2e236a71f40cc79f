import type { NegativeOptions } from '../negatives/options.ts';
import type { Schedule } from '../schedule.ts';
import type { TunedEncoder } from '../stage1/tuned.ts';

/** The options that decide how a run trains. */
export interface RunOptions extends NegativeOptions {
  /** What is trained; with `2`, the CLIP that is given counts as tuned. */
  readonly stages: 'both' | '1' | '2';
  readonly seed: number;
  readonly encoder: TunedEncoder;
  readonly numEpochs: number;
  readonly learningRate: number;
  readonly batchSize: number;
  /**
   * Images or texts that go through an encoder at once in stage 1; as many as the memory budget allows unless given.
   */
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
  /** amp: automatic mixed precision in both stages. */
  readonly precision?: 'fp32' | 'amp';
  readonly schedule: Schedule;
  /** Epochs between validations; the last epoch is always validated. */
  readonly validationFrequency: number;
  /** Epochs between the checkpoints that a stopped run goes on from: 1 unless given; Infinity for none. */
  readonly checkpointFrequency?: number;
  /** Keeps the best model only, not that of every validated epoch. */
  readonly saveBest: boolean;
  /** The exact shortcuts; each can be switched off. */
  readonly imageCache: boolean;
  readonly trimText: boolean;
  readonly textCache: boolean;
}
