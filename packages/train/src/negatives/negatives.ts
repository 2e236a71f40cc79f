import type { HostArray, Tensor } from '@webcir/kernels';
import type { Drawn } from '../examples.ts';
import { batchContrastiveLoss } from '../loss.ts';

/** What the queries of a batch are told apart from. */
export interface Negatives {
  /** Whether the loss reads the targets that it is given: those of a bank are in the bank. */
  readonly readsTargets: boolean;
  /**
   * The loss of a batch, [1].
   * @param queries [batch, embed], L2-normalized
   * @param targets [batch, embed], as CLIP gives them
   */
  loss(queries: Tensor, targets: Tensor): Tensor;
  /** Values of what the loss reads beside them, for one batch. */
  inputs(drawn: readonly Drawn[]): Readonly<Record<string, HostArray>>;
  /** Bytes of device memory. */
  readonly size: number;
  dispose(): void;
}

/** CLIP4Cir's: the other targets of the batch. */
export const inBatch: Negatives = {
  readsTargets: true,
  loss: batchContrastiveLoss,
  inputs: () => ({}),
  size: 0,
  dispose() {},
};
