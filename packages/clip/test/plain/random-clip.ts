// A CLIP of random weights at a published size, and images for it: what a test of full size works on.
import {
  type ClipModel,
  hostTensor,
  inferConfig,
  type ModelSettings,
  type ModelTensor,
  type RawImage,
} from '../../src/index.ts';
import { plainResnetTrunk, type Tensors } from './encoders.ts';
import type { Planes } from './layers.ts';

export type { Planes, Tensors };

/** Seeded random numbers in [-1, 1): mulberry32. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 31 - 1;
  };
}

/**
 * Uniform values around `mean` that keep activations at the size of 1 from layer to layer, as far as one tensor can.
 */
function distribution(name: string, shape: readonly number[]): { mean: number; bound: number } {
  const uniform = (deviation: number) => ({ mean: 0, bound: Math.sqrt(3) * deviation });
  if (name === 'logit_scale') return { mean: Math.log(100), bound: 0 };
  if (/embedding|probe/.test(name)) return uniform(0.5);
  if (/running_mean$/.test(name)) return { mean: 0, bound: 0 };
  if (/running_var$/.test(name)) return { mean: 1, bound: 0 };
  if (/bias$/.test(name)) return uniform(0.1);
  if (/layer\d\.\d+\.bn3\.weight$/.test(name)) return { mean: 0.4, bound: 0.1 }; // ends a branch: 26 add up
  if (shape.length === 1) return { mean: 1, bound: 0.2 }; // norms
  const inputs = /proj$|projection$/.test(name) ? shape[0] : shape.slice(1).reduce((a, b) => a * b);
  return uniform(Math.sqrt((shape.length === 4 ? 2 : 1) / inputs));
}

/** @param shapes of a state dict, by OpenAI's names */
export function randomClip(
  shapes: ReadonlyMap<string, readonly number[]>,
  seed: number,
  settings: ModelSettings = { activation: 'quickgelu' },
): ClipModel {
  const random = randomNumbers(seed);
  const tensors = new Map<string, ModelTensor>();
  for (const [name, shape] of shapes) {
    if (name.endsWith('num_batches_tracked')) continue;
    const { mean, bound } = distribution(name, shape);
    const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < values.length; i++) values[i] = mean + bound * random();
    tensors.set(name, hostTensor(shape, values));
  }
  return { config: inferConfig(shapes, settings), tensors };
}

export async function tensorsOf({ tensors }: ClipModel): Promise<Tensors> {
  const values = new Map<string, Float32Array>();
  for (const [name, tensor] of tensors) values.set(name, await tensor.read());
  const find = (name: string) => {
    const found = values.get(name);
    if (!found) throw new Error(`the model has no tensor ${name}`);
    return found;
  };
  return Object.assign(find, { has: (name: string) => values.has(name) });
}

/**
 * Gives every BatchNorm the statistics of what it gets for these images, as training would: random convolutions with
 * other statistics forget the image, or blow it up, within a few layers. Half of each variance is the layer's mean one,
 * as few pixels reach the last layers.
 */
export async function calibrateBatchNorm(model: ClipModel, images: readonly Planes[]): Promise<void> {
  const tensors = await tensorsOf(model);
  plainResnetTrunk(images, tensors, (name, inputs) => {
    const [means, variances] = [tensors(`${name}.running_mean`), tensors(`${name}.running_var`)];
    for (let c = 0; c < means.length; c++) {
      const values: number[] = inputs.flatMap(({ height, width, data }) => [
        ...data.subarray(c * height * width, (c + 1) * height * width),
      ]);
      means[c] = values.reduce((sum, value) => sum + value, 0) / values.length;
      variances[c] = values.reduce((sum, value) => sum + (value - means[c]) ** 2, 0) / values.length;
    }
    const mean = [...variances].reduce((sum, value) => sum + value, 0) / variances.length;
    for (let c = 0; c < means.length; c++) variances[c] = (variances[c] + mean) / 2;
  });
}

/** An image of a few soft waves in random colours. */
export function smoothImage(random: () => number, width: number, height: number): RawImage {
  const waves = Array.from({ length: 4 }, () => ({
    across: 3 * random(),
    down: 3 * random(),
    phase: Math.PI * random(),
    colour: [60 * random(), 60 * random(), 60 * random()],
  }));
  const ground = [128 + 90 * random(), 128 + 90 * random(), 128 + 90 * random()];
  const data = new Uint8ClampedArray(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    const [x, y, c] = [(Math.floor(i / 3) % width) / width, Math.floor(i / 3 / width) / height, i % 3];
    data[i] = waves.reduce(
      (sum, { across, down, phase, colour }) =>
        sum + colour[c] * Math.sin(2 * Math.PI * (across * x + down * y) + phase),
      ground[c],
    );
  }
  return { width, height, channels: 3, data };
}
