import {
  type ClipModel,
  type DeviceClip,
  expectTrainable,
  readClipModel,
  storeClipModel,
  uploadClip,
  type Weights,
} from '@webcir/clip';
import type { CombinerModel } from '@webcir/combiner';
import type { Device } from '@webcir/kernels';
import { expectCombinerOf, type FeatureTable, readCombinerModel } from '@webcir/retrieval';
import { batchesPerEpoch } from '../examples.ts';
import { expectNegatives, type NegativesSource } from '../negatives/of-run.ts';
import { runStage1 } from '../stage1/run.ts';
import { isTuned } from '../stage1/tuned.ts';
import { combinerConfig, runStage2 } from '../stage2/run.ts';
import { planMicroBatch } from './micro-batch.ts';
import { modelFile, type RunContext } from './stage-record.ts';

/** A training run: what it reads, where it stores its results, and whom it notifies. */
export interface TrainingRun<Scores> extends RunContext<Scores>, NegativesSource {
  readonly device: Device;
  /** CLIP as given. */
  readonly model: ClipModel;
  /** A Combiner of this CLIP that stage 2 goes on with; fresh weights unless given. */
  readonly combiner?: CombinerModel | undefined;
  /** Features of every image of training and validation by the image encoder as given. */
  readonly features: FeatureTable;
  /** Normalized planes [3, size, size] of an image. */
  planes(id: string): Promise<Float32Array>;
  /**
   * Encodes images with weights as they are now; asked for only where the image encoder is tuned.
   * @param which the images of validation, or all of them
   */
  encodeImages(weights: Weights, which: 'validation' | 'all'): Promise<FeatureTable>;
}

/** The results of a run. */
export interface TrainedModels {
  /** CLIP after stage 1, of the epoch that did best in validation; as given where only stage 2 was trained. */
  readonly model: ClipModel;
  /** The same on the device; the caller disposes of it. */
  readonly clip: DeviceClip;
  /** Features of every image by this CLIP. */
  readonly features: FeatureTable;
  /** Absent where only stage 1 was trained. */
  readonly combiner?: CombinerModel;
}

/** What can be checked of a run before anything is computed. */
export type PlannedRun = Pick<TrainingRun<never>, 'device' | 'model' | 'combiner' | 'examples' | 'bank' | 'options'>;

/**
 * Checks what a run is given, before anything is computed.
 * @throws RangeError when a batch of the stages that are trained is larger than the data, the Combiner is of other widths
 *   or of another CLIP, or the negatives are not to be had; Error for light weights
 */
export async function expectRun(run: PlannedRun): Promise<void> {
  const { model, combiner, examples, options } = run;
  const { stages, batchSize, combinerBatchSize } = options;
  expectTrainable(model);
  if (stages !== '2') batchesPerEpoch(examples.length, batchSize, '--batch-size');
  if (stages !== '1') batchesPerEpoch(examples.length, combinerBatchSize, '--combiner-batch-size');
  if (combiner) await expectCombinerOf(model, combiner);
  combinerConfig(model.config.embedDim, options, combiner);
  expectNegatives(run);
}

/**
 * Trains both stages of CLIP4Cir, or one of them, and goes on where an earlier call with the same storage and options
 * stopped, to the same bits. Runs in Node and in a page.
 * @throws as `expectRun`; RangeError when stage 1 does not fit the memory budget; DivergedError
 */
export async function trainRun<Scores>(run: TrainingRun<Scores>): Promise<TrainedModels> {
  const { device, model, storage, options } = run;
  await expectRun(run);
  const [tunedFile, combinerFile] = [modelFile('stage 1'), modelFile('stage 2')];
  if (!(await storage.has(tunedFile))) {
    if (options.stages === '2') await storage.write(tunedFile, storeClipModel(model, 'F32'));
    else {
      const clip = await uploadClip(device, model, isTuned(options.encoder));
      const validationFeatures = (weights: Weights) => run.encodeImages(weights, 'validation');
      const microBatch = planMicroBatch(model, device.capabilities, options, run);
      await runStage1({ ...run, planes: (id) => run.planes(id), clip, validationFeatures, microBatch });
      clip.dispose();
    }
  }
  const tuned = readClipModel(await storage.open(tunedFile));
  const clip = await uploadClip(device, tuned);
  // A tuned image encoder makes other features, a frozen one the same.
  const isFrozen = options.encoder === 'text' || options.stages === '2';
  const features = isFrozen ? run.features : await run.encodeImages(clip.weights, 'all');
  if (options.stages === '1') return { model: tuned, clip, features };
  if (!(await storage.has(combinerFile))) {
    await runStage2({ ...run, model: tuned, weights: clip.weights, features });
  }
  return { model: tuned, clip, features, combiner: readCombinerModel(await storage.open(combinerFile)) };
}
