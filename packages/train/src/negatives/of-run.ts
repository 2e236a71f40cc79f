import type { ClipModel } from '@webcir/clip';
import type { Device } from '@webcir/kernels';
import type { FeatureTable } from '@webcir/retrieval';
import type { Example } from '../examples.ts';
import type { RunOptions } from '../run/options.ts';
import { expectBankFits, imageBank, imagesOfExamples } from './bank.ts';
import { inBatch, type Negatives } from './negatives.ts';

/** The parts of a run that its negatives depend on. */
export interface NegativesSource {
  readonly examples: readonly Example[];
  /** The images of the bank of `negatives: 'all'`; those of the examples unless given. */
  readonly bank?: readonly string[] | undefined;
}

/** The images of the bank. */
export const bankImages = ({ bank, examples }: NegativesSource): readonly string[] =>
  bank ?? imagesOfExamples(examples);

/** What a stage tells its queries apart from; the caller disposes of it. */
export const negativesOf = (
  run: NegativesSource & { readonly device: Device; readonly features: FeatureTable; readonly options: RunOptions },
): Negatives => (run.options.negatives === 'all' ? imageBank(run.device, run.features, bankImages(run)) : inBatch);

/**
 * Checks the negatives of the stages that are trained, before anything is computed.
 * @throws RangeError where a bank does not go with a tuned image encoder, or not on the device
 */
export function expectNegatives(
  run: NegativesSource & { readonly device: Device; readonly model: ClipModel; readonly options: RunOptions },
): void {
  const { negatives, stages, encoder, batchSize, combinerBatchSize } = run.options;
  if (negatives !== 'all') return;
  if (stages !== '2' && encoder !== 'text') {
    throw new RangeError(
      `--negatives all compares with features that stay as they are, and --encoder ${encoder} tunes what makes them: ` +
        'take --encoder text',
    );
  }
  const sizes = {
    images: bankImages(run).length,
    dim: run.model.config.embedDim,
    maxBinding: run.device.capabilities.maxBindingSize,
  };
  if (stages !== '2') expectBankFits({ ...sizes, batch: batchSize, option: '--batch-size' });
  if (stages !== '1') expectBankFits({ ...sizes, batch: combinerBatchSize, option: '--combiner-batch-size' });
}
