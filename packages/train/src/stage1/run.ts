import { type ClipModel, type DeviceClip, downloadClip, storeClipModel, type Weights } from '@webcir/clip';
import { elementwiseSum } from '@webcir/combiner';
import type { Device } from '@webcir/kernels';
import { byLength, type FeatureTable, featureRows } from '@webcir/retrieval';
import { batchesPerEpoch, type Drawn, drawEpoch } from '../examples.ts';
import { runTraining } from '../loop.ts';
import { type NegativesSource, negativesOf } from '../negatives/of-run.ts';
import type { RunOptions } from '../run/options.ts';
import { type RunContext, StageRecord } from '../run/stage-record.ts';
import type { ImageBatch } from './images.ts';
import { Stage1 } from './stage1.ts';

export interface Stage1Run<Scores> extends RunContext<Scores>, NegativesSource {
  readonly device: Device;
  readonly model: ClipModel;
  /** The model on the device, with the tensors to be tuned in its trained store. */
  readonly clip: DeviceClip;
  /** Features of every image by the image encoder as given, which is right as long as that is frozen. */
  readonly features: FeatureTable;
  /** Normalized planes [3, size, size] of an image. */
  planes(id: string): Promise<Float32Array>;
  /** Features of the validation images by the encoder as it is now; not asked for while it is frozen. */
  validationFeatures(weights: Weights): Promise<FeatureTable>;
  /** Images or texts that go through an encoder at once; divides the batch. */
  readonly microBatch: number;
}

/** Whether the images of a step are features that were made once. */
export const takesFeatures = ({ encoder, imageCache }: RunOptions): boolean => encoder === 'text' && imageCache;

/** Tunes CLIP on triplets: all epochs of stage 1. Leaves `clip.safetensors` in the run's storage. */
export async function runStage1<Scores>(run: Stage1Run<Scores>): Promise<void> {
  const { device, model, clip, examples, microBatch, validation, storage, options } = run;
  const { batchSize: batch, numEpochs: epochs, seed } = options;
  const record = new StageRecord('stage 1', epochs, run);
  const negatives = negativesOf(run, batch);
  const stage = new Stage1(device, model.config, clip, {
    batch,
    trim: options.trimText,
    microBatch,
    recompute: options.checkpointActivations,
    mixed: options.precision === 'amp',
    negatives,
  });
  const score = async (): Promise<Scores> => {
    const features = options.encoder === 'text' ? run.features : await run.validationFeatures(clip.weights);
    return validation.scores(features, await validation.textFeatures(clip.weights), elementwiseSum);
  };
  const save = (file: string) => storage.write(file, storeClipModel(downloadClip(model, clip), 'F32'));
  run.onEvent?.({ type: 'start', stage: 'stage 1', epochs, batch, ...(microBatch < batch && { microBatch }) });
  try {
    await runTraining({
      device,
      adam: stage.adam,
      recipe: { epochs, learningRate: options.learningRate, weightDecay: 0.01, schedule: options.schedule, warmup: 0 },
      rateOption: '--learning-rate',
      stepsPerEpoch: batchesPerEpoch(examples.length, batch, '--batch-size'),
      firstEpoch: await record.restore(stage.adam),
      draw: (epoch) => drawEpoch(examples, batch, `stage 1, seed ${seed}, epoch ${epoch}`),
      async prepare(batch) {
        const drawn = byLength(batch, textOf);
        return stage.prepare(await imagesOf(run, drawn), drawn.map(textOf), negatives.inputs(drawn));
      },
      onStep: (report) => record.step(report),
      onEpoch: (epoch) => record.epoch({ epoch, adam: stage.adam, score, save }),
    });
  } finally {
    await stage.dispose();
    negatives.dispose();
  }
  await record.end();
}

const textOf = ({ example, form }: Drawn): readonly number[] => example.texts[form];

async function imagesOf(
  { options, features, planes }: Pick<Stage1Run<never>, 'options' | 'features' | 'planes'>,
  drawn: readonly Drawn[],
): Promise<ImageBatch> {
  const references = drawn.map(({ example }) => example.reference);
  const targets = drawn.map(({ example }) => example.target);
  if (takesFeatures(options)) {
    return { kind: 'features', reference: featureRows(features, references), target: featureRows(features, targets) };
  }
  const all = (ids: readonly string[]) => Promise.all(ids.map((id) => planes(id)));
  return { kind: 'pixels', reference: await all(references), target: await all(targets) };
}
