import { type ModelTensor, storeTensors, type Weights } from '@webcir/clip';
import { writeSafetensorsFile } from '@webcir/clip/node';
import { type CombinerConfig, combine, initialCombiner } from '@webcir/combiner';
import { seededRandom, seedOf } from '@webcir/data';
import type { Evaluator } from '@webcir/eval';
import type { Tensor, TensorStore } from '@webcir/kernels';
import { type FeatureTable, TextEncoderPrograms } from '@webcir/retrieval';
import { type Drawn, type Example, runStage2 } from '@webcir/train';
import { loadCheckpoint, saveCheckpoint } from '@webcir/train/node';
import { ProgressLine } from '../progress.ts';
import type { RunFolder } from '../run-folder.ts';
import { keepBest, keptFiles } from './kept-models.ts';
import type { Session } from './session.ts';
import { StageLog } from './stage-log.ts';
import type { TrainOptions } from './train-options.ts';

/** The file that stage 2 ends with: the Combiner of the epoch that did best on the validation split. */
export const trainedCombiner = 'combiner.safetensors';
const checkpoint = 'checkpoints/stage2.safetensors';
const best = 'checkpoints/stage2-best.safetensors';

/** Trains the Combiner on features of the tuned CLIP and leaves `combiner.safetensors` in the run folder. */
export async function trainStage2(
  session: Session,
  options: TrainOptions,
  folder: RunFolder,
  examples: readonly Example[],
  weights: Weights,
  features: FeatureTable,
  validation: Evaluator,
): Promise<void> {
  const { device, model } = session;
  const { seed, combinerEpochs: epochs } = options;
  const config = combinerConfig(model.config.embedDim, options);
  const validationTexts = await validation.textFeatures(weights);
  const textFeatures = await captionFeatures(session, options, examples, weights);
  const { protocol } = validation;
  const log = new StageLog('stage 2', folder, epochs, protocol);
  await log.restore();
  const firstEpoch = folder.has(checkpoint) ? log.lastEpoch : 0;

  await runStage2({
    device,
    config,
    weights: initialCombiner(config, seededRandom(seedOf(`combiner, seed ${seed}`))),
    examples,
    features,
    textFeatures,
    recipe: { epochs, learningRate: options.combinerLr, weightDecay: 0, schedule: options.schedule, warmup: 0 },
    batch: options.combinerBatchSize,
    dropout: options.dropout,
    mixed: options.precision === 'amp',
    seed,
    firstEpoch,
    onStart: async (stage) => {
      if (firstEpoch > 0) await loadCheckpoint(folder.file(checkpoint), stage.adam);
    },
    onStep: (report) => log.step(report),
    onEpoch: async (epoch, { combiner, adam }) => {
      const due = epoch % options.validationFrequency === 0 || epoch === epochs;
      const fuse = (image: Tensor, text: Tensor) => combine(image, text, (name) => combiner.tensor(name));
      const scores = due ? await validation.scores(features, validationTexts, fuse) : undefined;
      const kept = scores ? keptFiles(folder, best, protocol, log.improved(scores)) : [];
      if (scores && !options.saveBest) kept.push(folder.file(`checkpoints/combiner-epoch-${epoch}.safetensors`));
      if (kept.length > 0) await saveCombiner(combiner, kept);
      await saveCheckpoint(folder.file(checkpoint), adam, { epoch: String(epoch) });
      await log.epoch(epoch, scores);
    },
  });
  log.finish();
  await keepBest(folder, best, trainedCombiner, protocol);
}

export const combinerConfig = (featureDim: number, { projectionDim, hiddenDim }: TrainOptions): CombinerConfig => ({
  featureDim,
  projectionDim: projectionDim ?? 4 * featureDim,
  hiddenDim: hiddenDim ?? 8 * featureDim,
});

async function saveCombiner(combiner: TensorStore, paths: readonly string[]): Promise<void> {
  const weights = combiner.entries.map(({ name, shape }): [string, ModelTensor] => [
    name,
    { shape, read: () => combiner.readTensor(name) },
  ]);
  const tensors = storeTensors(new Map(weights), 'F32');
  for (const path of paths) await writeSafetensorsFile(path, { tensors, metadata: new Map() });
}

/**
 * Text features of drawn captions. The text encoder is frozen now, so every form of every caption is encoded once, unless
 * that shortcut is switched off.
 */
async function captionFeatures(
  { device, model }: Session,
  { textCache, trimText }: TrainOptions,
  examples: readonly Example[],
  weights: Weights,
): Promise<(drawn: readonly Drawn[]) => Promise<Float32Array>> {
  const encoder = new TextEncoderPrograms(device, model.config, weights, { trim: trimText });
  if (!textCache) return (drawn) => encoder.encode(drawn.map(({ example, form }) => example.texts[form]));
  const line = new ProgressLine('captions');
  const texts = examples.flatMap((example) => example.texts);
  const features = await encoder.encode(texts, (done, total) => line.update(done / total, `${done}/${total} texts`));
  await encoder.dispose();
  line.finish(`${texts.length} texts`);
  const firstRow = new Map<Example, number>();
  let next = 0;
  for (const example of examples) {
    firstRow.set(example, next);
    next += example.texts.length;
  }
  const dim = model.config.embedDim;
  return async (drawn) => {
    const rows = new Float32Array(drawn.length * dim);
    for (const [i, { example, form }] of drawn.entries()) {
      const row = firstRow.get(example)! + form;
      rows.set(features.subarray(row * dim, (row + 1) * dim), i * dim);
    }
    return rows;
  };
}
