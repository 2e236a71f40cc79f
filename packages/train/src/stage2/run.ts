import { type ClipModel, clipFingerprint, type ModelTensor, type Weights } from '@webcir/clip';
import { type CombinerConfig, combine, initialCombiner } from '@webcir/combiner';
import { seededRandom, seedOf } from '@webcir/data';
import type { Device, Tensor, TensorStore } from '@webcir/kernels';
import { type FeatureTable, featureRows, storeCombinerModel } from '@webcir/retrieval';
import { batchesPerEpoch, drawEpoch, type Example } from '../examples.ts';
import { runTraining } from '../loop.ts';
import type { RunOptions } from '../run/options.ts';
import { type RunContext, StageRecord } from '../run/stage-record.ts';
import type { RunStorage } from '../run/storage.ts';
import { captionFeatures } from './captions.ts';
import { Stage2 } from './stage2.ts';

export interface Stage2Run<Scores> extends RunContext<Scores> {
  readonly device: Device;
  /** The tuned CLIP, frozen now. */
  readonly model: ClipModel;
  /** The same on the device. */
  readonly weights: Weights;
  readonly examples: readonly Example[];
  /** Features of every image by the tuned CLIP. */
  readonly features: FeatureTable;
}

/**
 * Trains the Combiner on features of the frozen CLIP: all epochs of stage 2. Leaves `combiner.safetensors` in the run's
 * storage.
 */
export async function runStage2<Scores>(run: Stage2Run<Scores>): Promise<void> {
  const { device, model, weights, examples, features, validation, storage, options, onEvent } = run;
  const { combinerBatchSize: batch, combinerEpochs: epochs, dropout, seed } = options;
  const validationTexts = await validation.textFeatures(weights);
  const captions = await captionFeatures(device, model.config, weights, examples, {
    cache: options.textCache,
    trim: options.trimText,
    onProgress: (done, total) => onEvent?.({ type: 'captions', done, total }),
  });
  const record = new StageRecord('stage 2', epochs, run);
  const config = combinerConfig(model.config.embedDim, options);
  const initial = initialCombiner(config, seededRandom(seedOf(`combiner, seed ${seed}`)));
  const stage = await Stage2.create(device, config, initial, { batch, dropout, mixed: options.precision === 'amp' });
  const { adam, combiner } = stage;
  const fuse = (image: Tensor, text: Tensor) => combine(image, text, (name) => combiner.tensor(name));
  const stepsPerEpoch = batchesPerEpoch(examples.length, batch, '--combiner-batch-size');
  const clip = await clipFingerprint(model);
  onEvent?.({ type: 'start', stage: 'stage 2', epochs, batch });
  try {
    await runTraining({
      device,
      adam,
      recipe: { epochs, learningRate: options.combinerLr, weightDecay: 0, schedule: options.schedule, warmup: 0 },
      rateOption: '--combiner-lr',
      stepsPerEpoch,
      firstEpoch: await record.restore(adam),
      draw: (epoch) =>
        drawEpoch(examples, batch, `stage 2, seed ${seed}, epoch ${epoch}`).map((drawn, index) => ({
          drawn,
          step: epoch * stepsPerEpoch + index,
        })),
      async prepare({ drawn, step }) {
        const rowsOf = (ids: readonly string[]) => featureRows(features, ids);
        const shown = {
          reference: rowsOf(drawn.map(({ example }) => example.reference)),
          text: await captions.of(drawn),
          target: rowsOf(drawn.map(({ example }) => example.target)),
        };
        return stage.prepare(shown, dropout > 0 ? [seedOf(`dropout, seed ${seed}`), step] : undefined);
      },
      onStep: (report) => record.step(report),
      onEpoch: (epoch) =>
        record.epoch({
          epoch,
          adam,
          score: () => validation.scores(features, validationTexts, fuse),
          save: (file) => saveCombiner(storage, file, combiner, clip),
        }),
    });
  } finally {
    stage.dispose();
    await captions.dispose();
  }
  await record.end();
}

/** The Combiner's widths, CLIP4Cir's defaults where the options say nothing. */
export const combinerConfig = (featureDim: number, { projectionDim, hiddenDim }: RunOptions): CombinerConfig => ({
  featureDim,
  projectionDim: projectionDim ?? 4 * featureDim,
  hiddenDim: hiddenDim ?? 8 * featureDim,
});

function saveCombiner(storage: RunStorage, file: string, combiner: TensorStore, clip: string): Promise<void> {
  const weights = combiner.entries.map(({ name, shape }): [string, ModelTensor] => [
    name,
    { shape, read: () => combiner.readTensor(name) },
  ]);
  return storage.write(file, storeCombinerModel({ tensors: new Map(weights), clip }, 'F32'));
}
