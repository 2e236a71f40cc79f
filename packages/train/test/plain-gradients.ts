// The gradients of stage 1, along a direction of every tensor: against central differences of the loss in plain loops and
// float64.
import { type ClipModel, isVisual, uploadClip } from '@webcir/clip';
import { type Planes, randomNumbers, type Tensors } from '@webcir/clip/test/random-clip';
import type { Device } from '@webcir/kernels';
import { expect } from 'vitest';
import { isTuned, Stage1, type Stage1Settings, stage1Adam, type TunedEncoder } from '../src/index.ts';

/** A model, a batch of it, and its encoders in plain loops. */
interface PlainBatch {
  readonly model: ClipModel;
  /** As many references, then as many targets, as there are texts. */
  readonly pixels: readonly Planes[];
  readonly texts: readonly (readonly number[])[];
  image(pixels: Planes, tensors: Tensors): Float64Array;
  text(rows: readonly number[], tensors: Tensors): Float64Array;
}

/** CLIP4Cir's loss of stage 1: each sum of image and text against the targets of the batch, at a scale of 100. */
function plainLoss(queries: readonly Float64Array[], targets: readonly Float64Array[]): number {
  const unit = (x: Float64Array) => x.map((value) => value / Math.hypot(...x));
  const [q, t] = [queries.map(unit), targets.map(unit)];
  const losses = q.map((query, i) => {
    const logits = t.map((target) => 100 * query.reduce((sum, value, k) => sum + value * target[k], 0));
    const largest = Math.max(...logits);
    return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0)) - logits[i];
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Expects the loss of a step to agree to 1e-4, and the gradients of the tuned tensors to 1e-3. */
export async function expectPlainGradients(
  device: Device,
  { model, pixels, texts, image, text }: PlainBatch,
  encoder: TunedEncoder = 'both',
  settings: Partial<Stage1Settings> = {},
): Promise<void> {
  const batch = texts.length;
  const clip = await uploadClip(device, model, isTuned(encoder));
  const stage = new Stage1(device, model.config, clip, { batch, ...settings });
  const planes = pixels.map(({ data }) => Float32Array.from(data));
  const images = { kind: 'pixels', reference: planes.slice(0, batch), target: planes.slice(batch) } as const;
  const step = await stage.prepare(images, texts);
  const loss = await step(stage.adam.hyper({ learningRate: 1e-9, weightDecay: 0, step: 1 }));
  const moments = await stage.adam.moments.m.read();
  await stage.dispose();
  clip.dispose();

  const values = new Map<string, Float64Array>();
  for (const [name, tensor] of model.tensors) values.set(name, Float64Array.from(await tensor.read()));
  const tensors = Object.assign((name: string) => values.get(name)!, { has: (name: string) => values.has(name) });
  const imagesNow = () => pixels.map((planesOfOne) => image(planesOfOne, tensors));
  const wordsNow = () => texts.map((rows) => text(rows, tensors));
  const [features, words] = [imagesNow(), wordsNow()];
  const lossOf = (shown: readonly Float64Array[], said: readonly Float64Array[]) => {
    const queries = said.map((word, i) => word.map((value, k) => value + shown[i][k]));
    return plainLoss(queries, shown.slice(batch));
  };
  expect(Math.abs(loss / lossOf(features, words) - 1)).toBeLessThan(1e-4);

  const random = randomNumbers(7);
  const size = (x: ArrayLike<number>) => Math.sqrt(Array.from(x).reduce((sum, value) => sum + value * value, 0));
  const gradients = [...moments].map(
    ([name, moment]) => [name, moment.map((m) => m / (1 - stage1Adam.beta1))] as const,
  );
  expect(gradients.map(([name]) => name).sort()).toEqual([...model.tensors.keys()].filter(isTuned(encoder)).sort());
  const largest = Math.max(...gradients.map(([, gradient]) => size(gradient)));
  for (const [name, gradient] of gradients) {
    const weight = values.get(name)!;
    const original = weight.slice();
    const noise = gradient.map(() => random());
    // Half along the gradient, which no part of it can hide from, and half along a random direction.
    const [ofGradient, ofNoise] = [size(gradient) || 1, size(noise)];
    const direction = noise.map((value, i) => value / ofNoise + gradient[i] / ofGradient);
    const along = (distance: number) => {
      for (let i = 0; i < weight.length; i++) weight[i] = original[i] + distance * direction[i];
      return isVisual(name) ? lossOf(imagesNow(), words) : lossOf(features, wordsNow());
    };
    const h = 1e-5 * Math.max(size(original), 1);
    const difference = (along(h) - along(-h)) / (2 * h);
    weight.set(original);
    const found = gradient.reduce((sum, value, i) => sum + value * direction[i], 0);
    // The key's bias has no gradient, as softmax does not see it: what is there is rounding.
    expect(Math.abs(found - difference), name).toBeLessThan(1e-3 * size(gradient) + 1e-6 * largest);
  }
}
