import { type DeviceClip, downloadClip, entriesOf, storeClipModel, uploadClip } from '@webcir/clip';
import { writeSafetensorsFile } from '@webcir/clip/node';
import { elementwiseSum } from '@webcir/combiner';
import type { Evaluator, Scores } from '@webcir/eval';
import type { FeatureTable } from '@webcir/retrieval';
import { openPlanes } from '@webcir/retrieval/node';
import { chooseMicroBatch, type Example, isTuned, runStage1, type Stage1Options, type Stage1Plan } from '@webcir/train';
import { loadCheckpoint, saveCheckpoint } from '@webcir/train/node';
import type { RunFolder } from '../run-folder.ts';
import { keepBest, keptFiles } from './kept-models.ts';
import { encodeImages, type Session, splitImages } from './session.ts';
import { StageLog } from './stage-log.ts';
import type { TrainOptions } from './train-options.ts';

/** The file that stage 1 ends with: the tuned CLIP, of the epoch that did best on the validation split. */
export const tunedClip = 'clip.safetensors';
const checkpoint = 'checkpoints/stage1.safetensors';
const best = 'checkpoints/stage1-best.safetensors';

/** Whether the images of a step are features that were made once. */
const hasFeatures = ({ encoder, imageCache }: TrainOptions): boolean => encoder === 'text' && imageCache;

/**
 * What goes through an encoder at once: as asked for, or what fits the memory budget.
 * @throws RangeError when it does not divide the batch, or nothing fits
 */
export function microBatchOf(session: Session, options: TrainOptions): number {
  const { batchSize: batch, microBatchSize, memoryBudget } = options;
  if (microBatchSize !== undefined) {
    if (batch % microBatchSize === 0) return microBatchSize;
    throw new RangeError(`a micro-batch of ${microBatchSize} does not divide the batch of ${batch}`);
  }
  return chooseMicroBatch(stage1Plan(session, options), memoryBudget * 1e9);
}

export const stage1Plan = ({ model, device }: Session, options: TrainOptions): Stage1Plan => ({
  config: model.config,
  entries: entriesOf(model),
  encoder: options.encoder,
  images: hasFeatures(options) ? 'features' : 'pixels',
  batch: options.batchSize,
  trim: options.trimText,
  recompute: options.checkpointActivations,
  mixed: options.precision === 'amp',
  capabilities: device.capabilities,
});

/** Tunes CLIP and leaves `clip.safetensors` in the run folder. */
export async function trainStage1(
  session: Session,
  options: TrainOptions,
  folder: RunFolder,
  examples: readonly Example[],
  features: FeatureTable,
  validation: Evaluator,
  microBatch: number,
): Promise<void> {
  const { device, model, dataset, splits, preprocessing } = session;
  const { encoder, seed, numEpochs: epochs } = options;
  const clip = await uploadClip(device, model, isTuned(encoder));
  const { protocol } = validation;
  const log = new StageLog('stage 1', folder, epochs, protocol);
  const frozenImages = encoder === 'text';
  const source = openPlanes(dataset, preprocessing);
  let firstEpoch = 0;

  const validate = async (): Promise<Scores> => {
    const current = frozenImages
      ? features
      : await encodeImages(session, clip.weights, splitImages(dataset, splits.validation), 'images');
    return validation.scores(current, await validation.textFeatures(clip.weights), elementwiseSum);
  };

  const images: Stage1Options['images'] = hasFeatures(options)
    ? { kind: 'features', features }
    : { kind: 'pixels', planes: source.planes };
  if (microBatch < options.batchSize) {
    console.log(`stage 1 takes its batch of ${options.batchSize} in micro-batches of ${microBatch} (GradCache)`);
  }

  await log.restore();
  if (folder.has(checkpoint)) firstEpoch = log.lastEpoch;
  await runStage1({
    device,
    model,
    clip,
    examples,
    images,
    recipe: { epochs, learningRate: options.learningRate, weightDecay: 0.01, schedule: options.schedule, warmup: 0 },
    batch: options.batchSize,
    seed,
    trimText: options.trimText,
    microBatch,
    recompute: options.checkpointActivations,
    mixed: options.precision === 'amp',
    firstEpoch,
    onStart: async (stage) => {
      if (firstEpoch > 0) await loadCheckpoint(folder.file(checkpoint), stage.adam);
    },
    onStep: (report) => log.step(report),
    onEpoch: async (epoch, stage) => {
      const due = epoch % options.validationFrequency === 0 || epoch === epochs;
      const scores = due ? await validate() : undefined;
      const kept = scores ? keptFiles(folder, best, protocol, log.improved(scores)) : [];
      if (scores && !options.saveBest) kept.push(folder.file(`checkpoints/clip-epoch-${epoch}.safetensors`));
      if (kept.length > 0) await saveModel(session, clip, kept);
      await saveCheckpoint(folder.file(checkpoint), stage.adam, { epoch: String(epoch) });
      await log.epoch(epoch, scores);
    },
  });
  log.finish();
  clip.dispose();
  await source.close();
  await keepBest(folder, best, tunedClip, protocol);
}

async function saveModel({ model }: Session, clip: DeviceClip, paths: readonly string[]): Promise<void> {
  const file = storeClipModel(downloadClip(model, clip), 'F32');
  for (const path of paths) await writeSafetensorsFile(path, file);
}
