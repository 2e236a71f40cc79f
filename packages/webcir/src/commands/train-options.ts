import type { TunedEncoder } from '@webcir/train';
import type { SessionOptions } from './session.ts';

/** What `webcir train` can be told; written to the run folder's config.json. */
export interface TrainOptions extends SessionOptions {
  readonly seed: number;
  readonly encoder: TunedEncoder;
  readonly numEpochs: number;
  readonly learningRate: number;
  readonly batchSize: number;
  readonly combinerEpochs: number;
  readonly combinerLr: number;
  readonly combinerBatchSize: number;
  /** 4 times CLIP's feature width unless given. */
  readonly projectionDim?: number;
  /** 8 times CLIP's feature width unless given. */
  readonly hiddenDim?: number;
  readonly dropout: number;
  readonly schedule: 'constant' | 'cosine';
  readonly validationFrequency: number;
  /** The exact shortcuts; each can be switched off. */
  readonly foldBatchnorm: boolean;
  readonly imageCache: boolean;
  readonly trimText: boolean;
  readonly textCache: boolean;
}

/** Options that must not change when a run is resumed, since they decide what the finished steps were. */
export type StoredConfig = TrainOptions & { readonly command: string; readonly startedAt: string };
