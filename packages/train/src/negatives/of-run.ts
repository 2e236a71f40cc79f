import type { ClipConfig } from '@webcir/clip';
import type { Device } from '@webcir/kernels';
import type { FeatureTable } from '@webcir/retrieval';
import type { Example } from '../examples.ts';
import type { RunOptions } from '../run/options.ts';
import { expectBankFits, imageBank, plannedBank } from './bank.ts';
import { type Candidates, candidatesOfBatch } from './candidates.ts';
import { type Negatives, negativesWith } from './negatives.ts';
import type { NegativeOptions } from './options.ts';
import { groupMates, ownCandidates } from './own-candidates.ts';
import { rightAnswers } from './right-answers.ts';

/** The parts of a run that its negatives depend on. */
export interface NegativesSource {
  readonly examples: readonly Example[];
  /** The images of the bank of `negatives: 'all'`; those of the examples unless given. */
  readonly bank?: readonly string[] | undefined;
}

type WithOptions = NegativesSource & { readonly options: NegativeOptions };

/** The images of the bank: of the examples, each once, unless others are given. */
const bankOf = ({ bank, examples }: NegativesSource): readonly string[] =>
  bank ?? [...new Set(examples.flatMap(({ reference, target }) => [reference, target]))];

/** What a stage tells its queries apart from; the caller disposes of it. */
export function negativesOf(
  run: WithOptions & { readonly device: Device; readonly features: FeatureTable },
  batch: number,
): Negatives {
  const candidates = run.options.negatives === 'all' ? imageBank(run.device, run.features, bankOf(run)) : undefined;
  return composed(run, candidates ?? candidatesOfBatch(batch), run.features);
}

/** The same for a plan of memory. @throws RangeError naming a limit of the device, as `expectNegatives` */
export function plannedNegatives(
  run: WithOptions,
  { embedDim: dim }: ClipConfig,
  batch: number,
  maxBinding: number,
): Negatives {
  if (run.options.negatives !== 'all') return composed(run, candidatesOfBatch(batch));
  return composed(run, plannedBank({ images: bankOf(run).length, dim, batch, option: '--batch-size', maxBinding }));
}

function composed({ examples, options }: WithOptions, candidates: Candidates, features?: FeatureTable): Negatives {
  const { referenceNegatives = false, groupNegatives = false, maskFalseNegatives, reversedWeight = 0 } = options;
  const mates = groupNegatives ? examples.map((example) => groupMates(example).length) : [0];
  const largest = mates.reduce((most, count) => Math.max(most, count), 0);
  return negativesWith({
    candidates,
    own: ownCandidates(referenceNegatives, largest, features),
    reversedWeight,
    ...(maskFalseNegatives && {
      right: { target: rightAnswers(examples, 'target'), reference: rightAnswers(examples, 'reference') },
    }),
    hasGaps: mates.some((count) => count < largest),
  });
}

/**
 * Checks the negatives of the stages that are trained, before anything is computed.
 * @throws RangeError where negatives do not go with a tuned image encoder, with each other, with the examples, or not on
 *   the device
 */
export function expectNegatives(
  run: NegativesSource & {
    readonly device: Device;
    readonly model: { readonly config: ClipConfig };
    readonly options: RunOptions;
  },
): void {
  const { negatives, referenceNegatives, groupNegatives, stages, encoder, batchSize, combinerBatchSize } = run.options;
  for (const [flag, isOn] of [
    ['--negatives all', negatives === 'all'],
    ['--group-negatives', groupNegatives],
  ] as const) {
    if (!isOn || stages === '2' || encoder === 'text') continue;
    throw new RangeError(
      `${flag} compares with features that stay as they are, and --encoder ${encoder} tunes what makes them: ` +
        'take --encoder text',
    );
  }
  if (groupNegatives && !run.examples.some((example) => groupMates(example).length > 0)) {
    throw new RangeError(
      '--group-negatives needs groups of look-alikes, which these triplets do not have: leave it out',
    );
  }
  if (negatives !== 'all') return;
  for (const [flag, isOn] of [
    ['--reference-negatives', referenceNegatives],
    ['--group-negatives', groupNegatives],
  ] as const) {
    if (isOn)
      throw new RangeError(`${flag} is for negatives of the batch, not for --negatives all: leave out one of them`);
  }
  const sizes = {
    images: bankOf(run).length,
    dim: run.model.config.embedDim,
    maxBinding: run.device.capabilities.maxBindingSize,
  };
  if (stages !== '2') expectBankFits({ ...sizes, batch: batchSize, option: '--batch-size' });
  if (stages !== '1') expectBankFits({ ...sizes, batch: combinerBatchSize, option: '--combiner-batch-size' });
}
