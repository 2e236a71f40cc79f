import { type ClipModel, type Tokenizer, textTokenizer } from '@webcir/clip';
import type { CombinerModel } from '@webcir/combiner';
import type { Device } from '@webcir/kernels';
import { type Gallery, tableOf } from '@webcir/retrieval';
import { examplesOf } from './examples.ts';
import type { RunEvent } from './run/events.ts';
import type { RunOptions } from './run/options.ts';
import { type TrainedModels, trainRun } from './run/run.ts';
import { memoryStorage, type RunStorage } from './run/storage.ts';

/** A search that somebody has answered: of all that fits the reference and the text, this image was meant. */
export interface Picked {
  /** Id of the reference image. */
  readonly reference: string;
  readonly text: string;
  /** Id of the image that was meant. */
  readonly target: string;
}

/** What is tuned, and on what. */
export interface PicksRun {
  readonly device: Device;
  /** CLIP as the gallery's images were encoded with it. */
  readonly model: ClipModel;
  readonly tokenizer: Tokenizer;
  /** Has every image that the picks name. */
  readonly gallery: { readonly [Key in 'ids' | 'features']: Gallery[Key] };
  readonly picks: readonly Picked[];
  /**
   * A Combiner of this CLIP to go on with. Then it alone is tuned, and CLIP stays as it is, at 1e-4 and without dropout:
   * little enough that other searches find much what they found.
   */
  readonly combiner?: CombinerModel | undefined;
  /**
   * What is to be other than this: both stages, 10 epochs at 1e-4 and 20 of the Combiner at 1e-3, in batches of up to
   * 32, against the whole gallery. The image encoder stays as it is, so that the gallery stays valid.
   */
  readonly options?: Partial<Omit<RunOptions, 'encoder'>>;
  /** Memory unless given. */
  readonly storage?: RunStorage;
  onEvent?(event: RunEvent<number>): void;
}

/**
 * Tunes on a handful of picks, with the call that `webcir train` makes (`trainRun`). None is held out: the last epoch
 * is kept. Each is told apart from every other image of the gallery, so that a single one is enough.
 * @throws RangeError when there is no pick, one is longer than the context, the gallery lacks an image, or the Combiner
 *   is another CLIP's; DivergedError
 */
export async function trainOnPicks(run: PicksRun): Promise<TrainedModels> {
  const { device, model, combiner, gallery, picks, storage = memoryStorage(), onEvent } = run;
  if (picks.length === 0) throw new RangeError('picks: expected at least one, found none');
  const readText = textTokenizer(model, run.tokenizer);
  const triplets = picks.map(({ text, ...images }, i) => ({
    id: `pick ${i + 1}`,
    category: 'picks',
    captions: [text],
    ...images,
  }));
  const batch = Math.min(picks.length, 32);
  const notAsked = () => {
    throw new Error('the image encoder is not tuned: no image is read');
  };
  return trainRun<number>({
    device,
    model,
    combiner,
    bank: gallery.ids,
    examples: examplesOf(triplets, (text) => readText(text).rows),
    features: tableOf(gallery.ids, model.config.embedDim, gallery.features),
    planes: notAsked,
    encodeImages: notAsked,
    validation: {
      criteria: [{ name: 'last', of: () => 0 }],
      textFeatures: async () => new Map(),
      scores: async () => 0,
    },
    storage,
    onEvent,
    options: {
      stages: combiner ? '2' : 'both',
      seed: 1,
      numEpochs: 10,
      learningRate: 1e-4,
      batchSize: batch,
      memoryBudget: 1,
      checkpointActivations: false,
      combinerEpochs: 20,
      combinerLr: combiner ? 1e-4 : 1e-3,
      combinerBatchSize: batch,
      dropout: combiner ? 0 : 0.5,
      negatives: 'all',
      schedule: 'cosine',
      validationFrequency: Number.POSITIVE_INFINITY, // the last epoch alone
      checkpointFrequency: Number.POSITIVE_INFINITY, // an epoch is a step or two: a checkpoint would take longer
      saveBest: true,
      imageCache: true,
      trimText: true,
      textCache: true,
      ...run.options,
      encoder: 'text',
    },
  });
}
