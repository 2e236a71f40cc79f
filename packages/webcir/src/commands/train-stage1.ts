import { rename } from 'node:fs/promises';
import { type DeviceClip, downloadClip, storeClipModel, uploadClip } from '@webcir/clip';
import { writeSafetensorsFile } from '@webcir/clip/node';
import { elementwiseSum } from '@webcir/combiner';
import { type Example, type FeatureTable, isTuned, runStage1 } from '@webcir/train';
import { loadCheckpoint, saveCheckpoint } from '@webcir/train/node';
import { openPlanes } from '../pictures.ts';
import type { RunFolder } from '../run-folder.ts';
import { type Evaluator, meanRecall } from './evaluate.ts';
import { encodePictures, type Session } from './session.ts';
import { StageLog } from './stage-log.ts';
import type { TrainOptions } from './train-options.ts';

/** The file that stage 1 ends with: the tuned CLIP, of the epoch that did best on the validation split. */
export const tunedClip = 'clip.safetensors';
const checkpoint = 'checkpoints/stage1.safetensors';
const best = 'checkpoints/stage1-best.safetensors';

/** Tunes CLIP and leaves `clip.safetensors` in the run folder. */
export async function trainStage1(
  session: Session,
  options: TrainOptions,
  folder: RunFolder,
  examples: readonly Example[],
  features: FeatureTable,
  validation: Evaluator,
): Promise<void> {
  const { device, model, dataset, preprocessing } = session;
  const { encoder, seed, numEpochs: epochs } = options;
  const clip = uploadClip(device, model, isTuned(encoder));
  const log = new StageLog('stage 1', folder, epochs);
  const frozenPictures = encoder === 'text';
  const source = openPlanes(dataset, preprocessing);
  let firstEpoch = 0;

  const validate = async (): Promise<{ recallAt10: number; recallAt50: number }> => {
    const current = frozenPictures
      ? features
      : await encodePictures(session, clip.weights, validationPictures(session), 'pictures');
    return meanRecall(await validation.rank(current, await validation.textFeatures(clip.weights), elementwiseSum));
  };

  await log.restore();
  if (folder.has(checkpoint)) firstEpoch = log.lastEpoch;
  await runStage1({
    device,
    model,
    clip,
    examples,
    pictures:
      frozenPictures && options.imageCache ? { kind: 'features', features } : { kind: 'pixels', planes: source.planes },
    recipe: { epochs, learningRate: options.learningRate, weightDecay: 0.01, schedule: options.schedule, warmup: 0 },
    batch: options.batchSize,
    seed,
    trimText: options.trimText,
    firstEpoch,
    onStart: async (stage) => {
      if (firstEpoch > 0) await loadCheckpoint(folder.file(checkpoint), stage.adam);
    },
    onStep: (report) => log.step(report),
    onEpoch: async (epoch, stage) => {
      const due = epoch % options.validationFrequency === 0 || epoch === epochs;
      const recall = due ? await validate() : undefined;
      if (recall && log.isBest(recall)) await saveModel(session, clip, folder.file(best));
      await saveCheckpoint(folder.file(checkpoint), stage.adam, { epoch: String(epoch) });
      await log.epoch(epoch, recall);
    },
  });
  log.finish();
  clip.dispose();
  await source.close();
  await rename(folder.file(best), folder.file(tunedClip));
}

const saveModel = async ({ model }: Session, clip: DeviceClip, path: string): Promise<void> =>
  writeSafetensorsFile(path, storeClipModel(await downloadClip(model, clip), 'F32'));

const validationPictures = ({ dataset, splits }: Session): string[] => [...new Set(dataset.gallery(splits.validation))];
