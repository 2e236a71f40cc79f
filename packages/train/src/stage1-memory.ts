import { type ClipConfig, mixedPrecision, weightsOf } from '@webcir/clip';
import {
  type Adam,
  type Capabilities,
  type Device,
  type MemoryNeed,
  packedGradients,
  planMemory,
  type StoreEntry,
  StoreLayout,
  sharedSize,
} from '@webcir/kernels';
import type { PictureBatch } from './pictures.ts';
import {
  accumulateGradients,
  type ClipLayout,
  featureLoss,
  type MicroKind,
  microFeatures,
  wholeLoss,
} from './stage1-graphs.ts';
import { longestGroups } from './text-groups.ts';
import { isTuned, type TunedEncoder } from './tuned.ts';

/** What the programs of stage 1 depend on. */
export interface StepSizes {
  readonly batch: number;
  /** Divides the batch; the batch itself where one program does the whole step. */
  readonly microBatch: number;
  readonly trim: boolean;
  readonly recompute: boolean;
}

export interface StepOptions extends StepSizes {
  readonly device: Device;
  readonly clip: ClipLayout;
  readonly adam: Adam;
}

/** What a step in one program needs at most: with every text as long as the context. */
export function wholeNeeds(
  clip: ClipLayout,
  pictures: PictureBatch['kind'],
  { batch, trim, recompute }: StepSizes,
  capabilities: Capabilities,
): MemoryNeed[] {
  const loss = wholeLoss(clip, pictures, longestGroups(batch, clip.config, trim), batch);
  const gradients = packedGradients(loss, clip.trained, { recompute });
  // Outputs, as the optimizer that reads them takes no memory of its own.
  return [planMemory({ outputs: { loss, ...Object.fromEntries(gradients.entries()) } }, capabilities)];
}

/**
 * What the programs of a step in micro-batches need at most, the largest first.
 * @param gradientStore where micro-batches add up their gradients
 */
export function microNeeds(
  clip: ClipLayout,
  pictures: PictureBatch['kind'],
  { batch, microBatch, recompute }: StepSizes,
  gradientStore: StoreLayout,
  capabilities: Capabilities,
): MemoryNeed[] {
  const kinds: MicroKind[] = [{ encoder: 'text', length: clip.config.contextLength }];
  if (pictures === 'pixels') kinds.push({ encoder: 'image' });
  const graphs = kinds.flatMap((kind) => [
    { outputs: { features: microFeatures(clip, kind, microBatch) } },
    accumulateGradients(clip, kind, microBatch, gradientStore, recompute),
  ]);
  const needs = [...graphs, featureLoss(batch, clip.config)].map((graph) => planMemory(graph, capabilities));
  const total = ({ slots }: MemoryNeed) => slots.reduce((sum, size) => sum + size, 0);
  return needs.sort((a, b) => total(b) - total(a));
}

/** A stage 1 that is being planned. */
export interface Stage1Plan extends Omit<StepSizes, 'microBatch'> {
  readonly pictures: PictureBatch['kind'];
  readonly config: ClipConfig;
  /** All tensors of the model (`entriesOf`). */
  readonly entries: readonly StoreEntry[];
  readonly encoder: TunedEncoder;
  readonly mixed: boolean;
  readonly capabilities: Capabilities;
}

/**
 * GPU memory of stage 1, in bytes: weights, gradients, the optimizer's moments, and the programs of a step. Pure: needs no device.
 * @returns all of it, and the largest buffer, which the device must be able to bind
 */
export function stage1Memory(plan: Stage1Plan, microBatch: number): { total: number; largest: number } {
  const { config, entries, encoder, capabilities } = plan;
  const { maxBindingSize } = capabilities;
  const isTrained = ({ name }: StoreEntry) => isTuned(encoder)(name);
  const trained = StoreLayout.plan(entries.filter(isTrained), maxBindingSize);
  const frozen = StoreLayout.plan(
    entries.filter((entry) => !isTrained(entry)),
    maxBindingSize,
  );
  const gradients = StoreLayout.plan(trained.entries, maxBindingSize);
  const weights = weightsOf(trained, frozen);
  const clip = { config, weights: plan.mixed ? mixedPrecision(weights) : weights, trained };
  const sizes = { ...plan, microBatch };
  const whole = microBatch === plan.batch;
  const needs = whole
    ? wholeNeeds(clip, plan.pictures, sizes, capabilities)
    : microNeeds(clip, plan.pictures, sizes, gradients, capabilities);
  const stores = [frozen, trained, trained, trained, ...(whole ? [] : [gradients])]; // trained weights have two moments
  return {
    total: stores.reduce((sum, { size }) => sum + size, sharedSize(needs)),
    largest: Math.max(...needs.map(({ largest }) => largest)),
  };
}

/**
 * The largest micro-batch that divides the batch, fits a memory budget, and needs no buffer that the device cannot bind.
 * @param budget bytes of GPU memory
 * @throws RangeError when not even one picture at a time fits, saying what it would take
 */
export function chooseMicroBatch(plan: Stage1Plan, budget: number): number {
  const { batch, capabilities } = plan;
  for (let microBatch = batch; microBatch >= 1; microBatch--) {
    if (batch % microBatch !== 0) continue;
    const { total, largest } = stage1Memory(plan, microBatch);
    if (total <= budget && largest <= capabilities.maxBindingSize) return microBatch;
  }
  const { total, largest } = stage1Memory(plan, 1);
  throw new RangeError(
    `stage 1 needs ${gigabytes(total)} of GPU memory, and a buffer of ${gigabytes(largest)}, even one picture at a time; ` +
      `the budget is ${gigabytes(budget)}, and this device binds at most ${gigabytes(capabilities.maxBindingSize)}: ` +
      'use a smaller batch, tune one encoder only, or raise the budget',
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
