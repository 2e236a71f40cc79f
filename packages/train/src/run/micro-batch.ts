import { type ClipModel, entriesOf } from '@webcir/clip';
import type { Capabilities } from '@webcir/kernels';
import { type NegativesSource, plannedNegatives } from '../negatives/of-run.ts';
import { chooseMicroBatch } from '../stage1/memory.ts';
import { takesFeatures } from '../stage1/run.ts';
import type { RunOptions } from './options.ts';

/**
 * How much goes through an encoder at once in stage 1: as asked for, or what fits the memory budget. Planned with the
 * fixed choice of kernels, even after autotuning: a resumed run must plan as the first one did.
 * @throws RangeError when it does not divide the batch, or nothing fits
 */
export function planMicroBatch(
  model: ClipModel,
  capabilities: Capabilities,
  options: RunOptions,
  source: NegativesSource,
): number {
  const { batchSize: batch, microBatchSize, memoryBudget } = options;
  if (microBatchSize !== undefined) {
    if (batch % microBatchSize === 0) return microBatchSize;
    throw new RangeError(`a micro-batch of ${microBatchSize} does not divide the batch of ${batch}`);
  }
  const plan = {
    config: model.config,
    entries: entriesOf(model),
    encoder: options.encoder,
    images: takesFeatures(options) ? 'features' : 'pixels',
    batch,
    trim: options.trimText,
    recompute: options.checkpointActivations,
    mixed: options.precision === 'amp',
    negatives: plannedNegatives({ ...source, options }, model.config, batch, capabilities.maxBindingSize),
    capabilities: { ...capabilities, choices: {} },
  } as const;
  return chooseMicroBatch(plan, memoryBudget * 1e9);
}
