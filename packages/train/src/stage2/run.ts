import { type ClipModel, clipFingerprint, type ModelTensor, type Weights } from '@webcir/clip';
import { type CombinerConfig, type CombinerModel, combine, initialCombiner } from '@webcir/combiner';
import { seededRandom, seedOf } from '@webcir/data';
import type { Device, Tensor, TensorStore } from '@webcir/kernels';
import { type FeatureTable, featureRows, storeCombinerModel } from '@webcir/retrieval';
import { batchesPerEpoch, drawEpoch } from '../examples.ts';
import { runTraining } from '../loop.ts';
import { type NegativesSource, negativesOf } from '../negatives/of-run.ts';
import type { RunOptions } from '../run/options.ts';
import { type RunContext, StageRecord } from '../run/stage-record.ts';
import type { RunStorage } from '../run/storage.ts';
import { captionFeatures } from './captions.ts';
import { Stage2 } from './stage2.ts';

export interface Stage2Run<Scores> extends RunContext<Scores>, NegativesSource {
  readonly device: Device;
  /** The tuned CLIP, frozen now. */
  readonly model: ClipModel;
  /** The same on the device. */
  readonly weights: Weights;
  /** The Combiner to go on with; fresh weights unless given. */
  readonly combiner?: CombinerModel | undefined;
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
  const config = combinerConfig(model.config.embedDim, options, run.combiner);
  const initial = run.combiner
    ? await valuesOf(run.combiner)
    : initialCombiner(config, seededRandom(seedOf(`combiner, seed ${seed}`)));
  const negatives = negativesOf(run, batch);
  const settings = { batch, dropout, mixed: options.precision === 'amp', negatives };
  const stage = await Stage2.create(device, config, initial, settings);
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
        const dropoutSeed = dropout > 0 ? ([seedOf(`dropout, seed ${seed}`), step] as const) : undefined;
        return stage.prepare(shown, dropoutSeed, negatives.inputs(drawn));
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
    negatives.dispose();
    await captions.dispose();
  }
  await record.end();
}

/**
 * The Combiner's widths: those of the one to go on with, or CLIP4Cir's defaults where the options say nothing.
 * @throws RangeError where the options ask for other widths than it has
 */
export function combinerConfig(
  featureDim: number,
  { projectionDim, hiddenDim }: Pick<RunOptions, 'projectionDim' | 'hiddenDim'>,
  given?: Pick<CombinerModel, 'config'>,
): CombinerConfig {
  const { config = { featureDim, projectionDim: 4 * featureDim, hiddenDim: 8 * featureDim } } = given ?? {};
  const wanted = {
    ...config,
    projectionDim: projectionDim ?? config.projectionDim,
    hiddenDim: hiddenDim ?? config.hiddenDim,
  };
  if (!given) return wanted;
  for (const [option, key] of [
    ['--projection-dim', 'projectionDim'],
    ['--hidden-dim', 'hiddenDim'],
  ] as const) {
    if (wanted[key] === config[key]) continue;
    throw new RangeError(
      `the Combiner to go on with has a ${option} of ${config[key]}, not ${wanted[key]}: leave it out`,
    );
  }
  return config;
}

const valuesOf = async ({ tensors }: CombinerModel): Promise<Map<string, Float32Array>> =>
  new Map(await Promise.all([...tensors].map(async ([name, tensor]) => [name, await tensor.read()] as const)));

function saveCombiner(storage: RunStorage, file: string, combiner: TensorStore, clip: string): Promise<void> {
  const weights = combiner.entries.map(({ name, shape }): [string, ModelTensor] => [
    name,
    { shape, read: () => combiner.readTensor(name) },
  ]);
  return storage.write(file, storeCombinerModel({ tensors: new Map(weights), clip }, 'F32'));
}
