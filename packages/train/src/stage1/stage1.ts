import { type ClipConfig, type DeviceClip, mixedPrecision } from '@webcir/clip';
import { Adam, type Device, type HostArray } from '@webcir/kernels';
import type { PreparedStep } from '../loop.ts';
import type { Negatives } from '../negatives/negatives.ts';
import { GradCache } from './grad-cache.ts';
import type { ImageBatch } from './images.ts';
import { WholeBatch } from './whole-batch.ts';

/** CLIP4Cir's AdamW: PyTorch's defaults but for epsilon. */
export const stage1Adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };

/** How a step of stage 1 is run; only `batch`, `mixed` and `negatives` change its result. */
export interface Stage1Settings {
  readonly batch: number;
  /** Run only as many text positions as the longest captions of a batch need. */
  readonly trim?: boolean;
  /** Images, or texts, that go through an encoder at once; divides the batch. The whole batch unless given. */
  readonly microBatch?: number;
  /** Compute activations again in the backward pass instead of keeping them. */
  readonly recompute?: boolean;
  /** Blocks in half precision, with master weights and loss scaling. */
  readonly mixed?: boolean;
  /** Those of the batch unless given. */
  readonly negatives?: Negatives;
}

/**
 * Stage 1 of CLIP4Cir (clip_fine_tune.py): CLIP is tuned so that the plain sum of the reference's and the caption's
 * feature lands on the target's.
 */
export class Stage1 {
  readonly adam: Adam;
  readonly #steps: WholeBatch | GradCache;

  /** @throws RangeError when the micro-batch does not divide the batch */
  constructor(
    device: Device,
    config: ClipConfig,
    { trained, weights }: DeviceClip,
    { batch, trim = true, microBatch = batch, recompute = false, mixed = false, negatives }: Stage1Settings,
  ) {
    if (batch % microBatch !== 0)
      throw new RangeError(`a micro-batch of ${microBatch} does not divide the batch of ${batch}`);
    this.adam = new Adam(trained, { ...stage1Adam, lossScaling: mixed });
    const clip = { config, weights: mixed ? mixedPrecision(weights) : weights, trained };
    const options = { device, clip, adam: this.adam, batch, trim, microBatch, recompute, negatives };
    this.#steps =
      microBatch < batch ? new GradCache(options, trained.createLike('gradients')) : new WholeBatch(options);
  }

  /**
   * Prepares one step.
   * @param texts token rows of each caption
   * @param more what the negatives take (`Negatives.inputs`)
   */
  prepare(
    images: ImageBatch,
    texts: readonly (readonly number[])[],
    more: Readonly<Record<string, HostArray>> = {},
  ): Promise<PreparedStep> {
    return this.#steps.prepare(images, texts, more);
  }

  async dispose(): Promise<void> {
    await this.#steps.dispose();
    this.adam.dispose();
  }
}
