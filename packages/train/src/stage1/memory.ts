import { type ClipConfig, mixedPrecision, weightsOf } from '@webcir/clip';
import {
  type Adam,
  type Capabilities,
  type Device,
  type Graph,
  type MemoryNeed,
  packedGradients,
  planMemory,
  type StoreEntry,
  StoreLayout,
  sharedSize,
} from '@webcir/kernels';
import { evenGroups } from '@webcir/retrieval';
import type { Negatives } from '../negatives/negatives.ts';
import {
  accumulateGradients,
  type ClipLayout,
  featureLoss,
  type MicroKind,
  microFeatures,
  wholeLoss,
} from './graphs.ts';
import type { ImageBatch } from './images.ts';
import { isTuned, type TunedEncoder } from './tuned.ts';

/** What the programs of stage 1 depend on. */
export interface StepSizes {
  readonly batch: number;
  /** Divides the batch; the batch itself where one program does the whole step. */
  readonly microBatch: number;
  readonly trim: boolean;
  readonly recompute: boolean;
  /** Those of the batch unless given. */
  readonly negatives?: Negatives;
}

export interface StepOptions extends StepSizes {
  readonly device: Device;
  readonly clip: ClipLayout;
  readonly adam: Adam;
}

/**
 * A step in one program, with every text of one length. The gradients are outputs, as the optimizer takes no memory of
 * its own.
 */
function wholeGraph(
  clip: ClipLayout,
  images: ImageBatch['kind'],
  { batch, trim, recompute, negatives }: StepSizes,
  length: number,
): Graph<string> {
  const loss = wholeLoss(clip, images, evenGroups(batch, length, trim), batch, negatives);
  const gradients = packedGradients(loss, clip.trained, { recompute });
  return { outputs: { loss, ...Object.fromEntries(gradients.entries()) } };
}

/** The programs of a step in micro-batches, with texts of these lengths. */
function microGraphs(
  clip: ClipLayout,
  images: ImageBatch['kind'],
  { batch, microBatch, recompute, negatives }: StepSizes,
  gradientStore: StoreLayout,
  lengths: readonly number[],
): Graph<string>[] {
  const kinds: MicroKind[] = lengths.map((length) => ({ encoder: 'text', length }));
  if (images === 'pixels') kinds.push({ encoder: 'image' });
  const graphs = kinds.flatMap((kind): Graph<string>[] => [
    { outputs: { features: microFeatures(clip, kind, microBatch) } },
    accumulateGradients(clip, kind, microBatch, gradientStore, recompute),
  ]);
  return [...graphs, featureLoss(batch, clip.config, negatives)];
}

/** The maximum that a step in one program needs: with every text as long as the context. */
export const wholeNeeds = (
  clip: ClipLayout,
  images: ImageBatch['kind'],
  sizes: StepSizes,
  capabilities: Capabilities,
): MemoryNeed[] => [planMemory(wholeGraph(clip, images, sizes, clip.config.contextLength), capabilities)];

/**
 * The maximum that the programs of a step in micro-batches need, the largest first.
 * @param gradientStore where micro-batches add up their gradients
 */
export function microNeeds(
  clip: ClipLayout,
  images: ImageBatch['kind'],
  sizes: StepSizes,
  gradientStore: StoreLayout,
  capabilities: Capabilities,
): MemoryNeed[] {
  const graphs = microGraphs(clip, images, sizes, gradientStore, [clip.config.contextLength]);
  const needs = graphs.map((graph) => planMemory(graph, capabilities));
  const total = ({ slots }: MemoryNeed) => slots.reduce((sum, size) => sum + size, 0);
  return needs.sort((a, b) => total(b) - total(a));
}

/** A stage 1 that is being planned. */
export interface Stage1Plan extends Omit<StepSizes, 'microBatch'> {
  readonly images: ImageBatch['kind'];
  readonly config: ClipConfig;
  /** All tensors of the model (`entriesOf`). */
  readonly entries: readonly StoreEntry[];
  readonly encoder: TunedEncoder;
  readonly mixed: boolean;
  readonly capabilities: Capabilities;
}

/** The stores of a stage 1, without memory. */
function planStores({ config, entries, encoder, mixed, capabilities: { maxBindingSize } }: Stage1Plan) {
  const isTrained = ({ name }: StoreEntry) => isTuned(encoder)(name);
  const trained = StoreLayout.plan(entries.filter(isTrained), maxBindingSize);
  const frozen = StoreLayout.plan(
    entries.filter((entry) => !isTrained(entry)),
    maxBindingSize,
  );
  const gradients = StoreLayout.plan(trained.entries, maxBindingSize);
  const weights = weightsOf(trained, frozen);
  return { trained, frozen, gradients, clip: { config, weights: mixed ? mixedPrecision(weights) : weights, trained } };
}

/**
 * GPU memory of stage 1, in bytes: weights, gradients, the optimizer's moments, a bank of negatives, and the programs of
 * a step. Pure: needs no device.
 * @returns the total, and the largest buffer, which the device must be able to bind
 */
export function stage1Memory(plan: Stage1Plan, microBatch: number): { total: number; largest: number } {
  const { trained, frozen, gradients, clip } = planStores(plan);
  const { capabilities } = plan;
  const sizes = { ...plan, microBatch };
  const whole = microBatch === plan.batch;
  const needs = whole
    ? wholeNeeds(clip, plan.images, sizes, capabilities)
    : microNeeds(clip, plan.images, sizes, gradients, capabilities);
  const stores = [frozen, trained, trained, trained, ...(whole ? [] : [gradients])]; // trained weights have two moments
  return {
    total: stores.reduce((sum, { size }) => sum + size, sharedSize(needs)) + (plan.negatives?.size ?? 0),
    largest: Math.max(...needs.map(({ largest }) => largest)),
  };
}

/**
 * The largest micro-batch that divides the batch, fits a memory budget, and needs no buffer that the device cannot
 * bind.
 * @param budget bytes of GPU memory
 * @throws RangeError when not even one image at a time fits, saying what it would take
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
    `stage 1 needs ${gigabytes(total)} of GPU memory, and a buffer of ${gigabytes(largest)}, ` +
      'even one image at a time; ' +
      `the budget is ${gigabytes(budget)}, and this device binds at most ${gigabytes(capabilities.maxBindingSize)}: ` +
      'use a smaller --batch-size, --checkpoint-activations or --encoder text, or raise --memory-budget',
  );
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
