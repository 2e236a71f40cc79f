import {
  CLIP4CIR_PREPROCESSING,
  type ClipModel,
  type ClipTokenizer,
  downloadClip,
  initialVit,
  isTrainable,
  preprocessOptions,
  storeClipModel,
  textTokenizer,
  uploadClip,
} from '@webcir/clip';
import { expectWritable, loadTokenizer, writeSafetensorsFile } from '@webcir/clip/node';
import {
  EMBEDDED_DATASETS,
  type EmbeddedDataset,
  type EmbeddedName,
  seededRandom,
  seedOf,
  trainCaptionForms,
} from '@webcir/data';
import { openEmbeddedFromPackage } from '@webcir/data/node';
import { planesOf } from '@webcir/retrieval/node';
import { type CaptionedImage, pretrain } from '@webcir/train';
import type { Command } from 'commander';
import { formatSpeed, ProgressLine } from '../progress.ts';
import { type AutotuneOption, autotuneFor, noAutotuneOption } from './autotune.ts';
import { openCommandDevice } from './open-device.ts';
import { choice, numberBetween, wholeNumber } from './options.ts';

interface PretrainOptions extends AutotuneOption {
  readonly dataset: EmbeddedName;
  readonly out?: string;
  readonly steps?: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
}

export const registerPretrain = (program: Command): Command =>
  program
    .command('pretrain')
    .description('Stage 0: pre-trains the small CLIP of an embedded set, on its training images.')
    .addOption(choice('--dataset <name>', 'embedded data set', EMBEDDED_DATASETS).default('fmnist-cir'))
    .option('--out <file>', `where it goes (default: ${perSet(({ file }) => file)})`)
    .option(
      '--steps <n>',
      `training steps, rounded up to whole epochs (default: ${perSet(({ steps }) => steps)})`,
      wholeNumber(1),
    )
    .option('--batch-size <n>', 'images per step', wholeNumber(2), 256)
    .option('--learning-rate <r>', 'peak of the cosine schedule', numberBetween(0, 1), 1e-3)
    .option('--seed <n>', 'seed of everything random', wholeNumber(0), 1)
    .addOption(noAutotuneOption())
    .action(pretrainCommand);

/** Sizes of both small models: OpenAI's architecture. */
const sizes = { embedDim: 128, visionWidth: 128, visionLayers: 4, contextLength: 77, textWidth: 128, textLayers: 3 };

/** What depends on the data set: image and patch size by how large its images are, steps by how hard they are. */
const models: Readonly<
  Record<EmbeddedName, { file: string; steps: number; imageResolution: number; patchSize: number }>
> = {
  'fmnist-cir': { file: 'fmnist-clip.safetensors', steps: 580, imageResolution: 32, patchSize: 8 },
  'emoji-cir': { file: 'emoji-clip.safetensors', steps: 900, imageResolution: 64, patchSize: 8 },
};

/** A value for each data set, for a help text. */
const perSet = (pick: (model: (typeof models)[EmbeddedName]) => string | number): string =>
  EMBEDDED_DATASETS.map((name) => `${pick(models[name])} for ${name}`).join(', ');

/** `webcir pretrain`: stage 0, the small CLIP of an embedded set. */
async function pretrainCommand(options: PretrainOptions): Promise<void> {
  const { dataset: name, batchSize, learningRate, seed } = options;
  const { file, steps: usualSteps, ...imageSizes } = models[name];
  const { out = file, steps = usualSteps } = options;
  await expectWritable(out);
  const device = await openCommandDevice();
  console.log(`Pre-training a small CLIP on the images of ${name}, on ${device.name}`);
  const dataset = await openEmbeddedFromPackage(name);
  const tokenizer = await loadTokenizer();
  const vocabulary = await vocabularyOf(dataset, tokenizer);
  const model = initialVit({ ...sizes, ...imageSizes, vocabulary }, seededRandom(seedOf(`stage 0, seed ${seed}`)));
  const clip = await uploadClip(device, model, isTrainable);
  const images = await captionedImages(dataset, model, tokenizer);
  const stepsPerEpoch = Math.floor(images.length / batchSize);
  const work = { model, clip, batch: batchSize, logitScale: 30 };
  const reportAutotune = await autotuneFor(device, options);

  const line = new ProgressLine('stage 0');
  let lastLoss = Number.NaN;
  await pretrain({
    ...work,
    device,
    images,
    seed,
    recipe: {
      epochs: Math.ceil(steps / stepsPerEpoch),
      learningRate,
      weightDecay: 0.05,
      schedule: 'cosine',
      warmup: 100,
    },
    onStep(report) {
      const { step, steps: all, loss } = report;
      lastLoss = Number.isNaN(lastLoss) ? loss : 0.95 * lastLoss + 0.05 * loss;
      line.update(step / all, `step ${step}/${all}  loss ${lastLoss.toFixed(3)}${formatSpeed(report)}`);
    },
    // A killed run loses at most one epoch.
    onEpoch: async () => save(out, downloadClip(model, clip)),
  });
  line.finish(`loss ${lastLoss.toFixed(3)}`);
  reportAutotune();
  clip.dispose();
  device.close();
  console.log(`Saved to ${out}`);
}

const save = async (path: string, model: ClipModel): Promise<void> =>
  writeSafetensorsFile(path, storeClipModel(model, 'F16'));

/**
 * The token ids of everything that an embedded set can say: stage 0's captions and the training triplets' captions.
 */
async function vocabularyOf(dataset: EmbeddedDataset, tokenizer: ClipTokenizer): Promise<number[]> {
  const random = seededRandom(seedOf('vocabulary'));
  const ids = new Set([tokenizer.startOfText, tokenizer.endOfText]);
  const learn = (text: string) => {
    for (const id of tokenizer.encode(text)) ids.add(id);
  };
  for (const { captions } of dataset.triplets('train')) trainCaptionForms(captions).forEach(learn);
  for (const id of dataset.gallery('train')) for (let i = 0; i < 3; i++) learn(dataset.describe(id, random));
  return [...ids].sort((a, b) => a - b);
}

async function captionedImages(
  dataset: EmbeddedDataset,
  model: ClipModel,
  tokenizer: ClipTokenizer,
): Promise<CaptionedImage[]> {
  const tokens = textTokenizer(model, tokenizer);
  const preprocessing = preprocessOptions(model.config, CLIP4CIR_PREPROCESSING);
  return Promise.all(
    dataset.gallery('train').map(async (id) => ({
      planes: await planesOf(dataset, id, preprocessing),
      key: dataset.attributeKey(id) ?? id,
      caption: (random) => tokens(dataset.describe(id, random)).rows,
    })),
  );
}
