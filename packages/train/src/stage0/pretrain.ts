import { type ClipModel, channelsLast, type DeviceClip, encodeImage } from '@webcir/clip';
import { seededRandom, seedOf, shuffled } from '@webcir/data';
import {
  Adam,
  add,
  compile,
  constant,
  type Device,
  input,
  l2Normalize,
  matmul,
  SharedMemory,
  scale,
  softmaxCrossEntropy,
  sum,
  type Tensor,
} from '@webcir/kernels';
import { byLength, encodeGroups, type GroupLengths, groupTexts } from '@webcir/retrieval';
import { batchesPerEpoch } from '../examples.ts';
import {
  type PreparedStep,
  programStep,
  type Recipe,
  runTraining,
  type StepProgram,
  type StepReport,
} from '../loop.ts';
import type { ClipLayout } from '../stage1/graphs.ts';

/** An image with a way to caption it. Images of one key share captions, and so are not negatives of each other. */
export interface CaptionedImage {
  /** Normalized planes [3, size, size]. */
  readonly planes: Float32Array;
  readonly key: string;
  caption(random: () => number): readonly number[];
}

/** What stage 0 trains, on what, and whom it notifies. */
export interface PretrainOptions {
  readonly device: Device;
  readonly model: ClipModel;
  readonly clip: DeviceClip;
  readonly images: readonly CaptionedImage[];
  readonly recipe: Recipe;
  readonly batch: number;
  readonly seed: number;
  /** Inverse temperature, fixed. */
  readonly logitScale: number;
  onStep?(report: StepReport): void;
  onEpoch?(epoch: number): Promise<void>;
}

/**
 * Stage 0: CLIP's own symmetric contrastive training (Radford et al. 2021, arXiv 2103.00020) on captioned images, for
 * models that have no published weights. Images are mirrored at random.
 */
export async function pretrain(options: PretrainOptions): Promise<void> {
  const { device, model, clip, images, recipe, batch, seed } = options;
  const { config } = model;
  const { trained, weights } = clip;
  const adam = new Adam(trained, { beta1: 0.9, beta2: 0.98, epsilon: 1e-6 });
  const memory = new SharedMemory(device);
  const programs = new Map<string, Promise<StepProgram>>();

  const build = (lengths: GroupLengths): Promise<StepProgram> => {
    const loss = pretrainLoss({ config, weights }, lengths, options);
    return compile(device, { ...adam.minimize(loss), memory });
  };

  const prepare = async ({ images: shown, texts, mirrored }: PretrainBatch): Promise<PreparedStep> => {
    const { lengths, inputs } = groupTexts(texts, config, true);
    const key = String(lengths);
    if (!programs.has(key)) programs.set(key, build(lengths));
    const pixels = pixelsOf(shown, config.imageResolution, mirrored);
    return programStep(await programs.get(key)!, { ...inputs, pixels, mask: maskOf(shown) }, adam);
  };

  await runTraining({
    device,
    adam,
    recipe,
    rateOption: '--learning-rate',
    stepsPerEpoch: batchesPerEpoch(images.length, batch, '--batch-size'),
    draw: (epoch) => drawPretrainEpoch(images, batch, `stage 0, seed ${seed}, epoch ${epoch}`),
    prepare,
    onStep: options.onStep,
    onEpoch: options.onEpoch,
  });
  for (const program of programs.values()) (await program).dispose();
  memory.dispose();
  adam.dispose();
}

interface PretrainBatch {
  readonly images: readonly CaptionedImage[];
  readonly texts: readonly (readonly number[])[];
  /** Which of the images are shown mirrored. */
  readonly mirrored: readonly boolean[];
}

/** The batches of one epoch: every image once, in random order, with a random caption, mirrored or not. */
function drawPretrainEpoch(images: readonly CaptionedImage[], batch: number, seed: string): PretrainBatch[] {
  const random = seededRandom(seedOf(seed));
  const order = shuffled(images, random);
  return Array.from({ length: Math.floor(images.length / batch) }, (_, index) => {
    const drawn = order
      .slice(index * batch, (index + 1) * batch)
      .map((image) => ({ image, text: image.caption(random) }));
    const sorted = byLength(drawn, ({ text }) => text);
    return {
      images: sorted.map(({ image }) => image),
      texts: sorted.map(({ text }) => text),
      mirrored: sorted.map(() => random() < 0.5),
    };
  });
}

/** The loss of a batch. Inputs: those of `groupTexts`; 'pixels' [batch, size, size, 3]; 'mask' [batch, batch]. */
function pretrainLoss(
  { config, weights }: Pick<ClipLayout, 'config' | 'weights'>,
  lengths: GroupLengths,
  { batch, logitScale }: Pick<PretrainOptions, 'batch' | 'logitScale'>,
): Tensor {
  const size = config.imageResolution;
  const image = encodeImage(input('pixels', [batch, size, size, 3]), weights, config);
  const text = encodeGroups(lengths, batch, weights, config);
  return symmetricLoss(image, text, input('mask', [batch, batch]), logitScale);
}

function symmetricLoss(image: Tensor, text: Tensor, mask: Tensor, logitScale: number): Tensor {
  const [batch] = image.shape;
  const images = l2Normalize(image);
  const texts = l2Normalize(text);
  const labels = constant(
    Uint32Array.from({ length: batch }, (_, i) => i),
    [batch],
  );
  const direction = (from: Tensor, to: Tensor) =>
    sum(softmaxCrossEntropy(add(scale(matmul(from, to, { transposeB: true }), logitScale), mask), labels));
  return scale(add(direction(images, texts), direction(texts, images)), 0.5 / batch);
}

function pixelsOf(images: readonly CaptionedImage[], size: number, mirrored: readonly boolean[]): Float32Array {
  const imageSize = 3 * size * size;
  const pixels = new Float32Array(images.length * imageSize);
  for (const [i, { planes }] of images.entries()) {
    channelsLast(planes, size, pixels.subarray(i * imageSize, (i + 1) * imageSize), mirrored[i]);
  }
  return pixels;
}

/** [batch, batch]: a large negative number where two different images have the same key, to be added to the logits. */
function maskOf(images: readonly CaptionedImage[]): Float32Array {
  const count = images.length;
  const mask = new Float32Array(count * count);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < count; j++) if (i !== j && images[i].key === images[j].key) mask[i * count + j] = -1e4;
  }
  return mask;
}
