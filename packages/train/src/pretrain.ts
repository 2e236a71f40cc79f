import { type ClipModel, channelsLast, type DeviceClip, encodeImage } from '@webcir/clip';
import { seededRandom, seedOf, shuffled } from '@webcir/data';
import {
  Adam,
  add,
  compile,
  constant,
  type Device,
  type Graph,
  input,
  l2Normalize,
  matmul,
  packedGradients,
  SharedMemory,
  scale,
  softmaxCrossEntropy,
  sum,
  type Tensor,
} from '@webcir/kernels';
import { byLength, encodeGroups, evenGroups, type GroupLengths, groupTexts, lengthsOf } from '@webcir/retrieval';
import { checkBatch } from './examples.ts';
import { programStep, type Recipe, runTraining, type StepProgram, type StepReport } from './loop.ts';
import type { ClipLayout } from './stage1-graphs.ts';

/** An image with a way to caption it. Images of one key share their captions: they are no negatives of each other. */
export interface CaptionedImage {
  /** Normalized planes [3, size, size]. */
  readonly planes: Float32Array;
  readonly key: string;
  caption(random: () => number): readonly number[];
}

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
  checkBatch(batch, images.length);
  const { config } = model;
  const { trained, weights } = clip;
  const adam = new Adam(trained, { beta1: 0.9, beta2: 0.98, epsilon: 1e-6 });
  const size = config.imageResolution;
  const memory = new SharedMemory(device);
  const programs = new Map<string, Promise<StepProgram>>();

  const build = (lengths: GroupLengths): Promise<StepProgram> => {
    const loss = pretrainLoss({ config, weights }, lengths, options);
    return compile(device, { ...adam.minimize(loss), memory });
  };

  await runTraining({
    device,
    adam,
    recipe,
    stepsPerEpoch: Math.floor(images.length / batch),
    epoch(epoch) {
      const random = seededRandom(seedOf(`stage 0, seed ${seed}, epoch ${epoch}`));
      const order = shuffled(images, random);
      return async (index) => {
        const drawn = order
          .slice(index * batch, (index + 1) * batch)
          .map((image) => ({ image, text: image.caption(random) }));
        const sorted = byLength(drawn, ({ text }) => text);
        const shown = sorted.map(({ image }) => image);
        const { lengths, inputs } = groupTexts(
          sorted.map(({ text }) => text),
          config,
          true,
        );
        const key = String(lengths);
        if (!programs.has(key)) programs.set(key, build(lengths));
        const program = await programs.get(key)!;
        const images = { pixels: pixelsOf(shown, size, random), mask: maskOf(shown) };
        return programStep(program, { ...inputs, ...images }, adam);
      };
    },
    onStep: options.onStep,
    onEpoch: options.onEpoch,
  });
  for (const program of programs.values()) (await program).dispose();
  memory.dispose();
  adam.dispose();
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

/**
 * What stage 0 will compile: for `autotune`.
 * @param texts token rows of captions that may be drawn
 */
export function pretrainGraphs(
  {
    model: { config },
    clip: { weights, trained },
    batch,
    logitScale,
  }: Omit<PretrainOptions, 'device' | 'images' | 'recipe' | 'seed'>,
  texts: readonly (readonly number[])[],
): Graph<string>[] {
  return lengthsOf(texts, config, true).map((length) => {
    const loss = pretrainLoss({ config, weights }, evenGroups(batch, length, true), { batch, logitScale });
    return { outputs: { loss, ...Object.fromEntries(packedGradients(loss, trained).entries()) } };
  });
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

function pixelsOf(images: readonly CaptionedImage[], size: number, random: () => number): Float32Array {
  const imageSize = 3 * size * size;
  const pixels = new Float32Array(images.length * imageSize);
  for (const [i, { planes }] of images.entries()) {
    channelsLast(planes, size, pixels.subarray(i * imageSize, (i + 1) * imageSize), random() < 0.5);
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
