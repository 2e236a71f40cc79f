// The gradients of stage 1 on models whose configurations ask for other arithmetic than OpenAI's, along a direction of
// every tensor: against central differences of the loss in plain loops and float64.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isVisual, uploadClip } from '@webcir/clip';
import { openClipModel } from '@webcir/clip/node';
import {
  configuredModels,
  plainImageFeature,
  plainPixels,
  plainTextFeature,
  writeConfigured,
} from '@webcir/clip/test/configured';
import { randomNumbers, smoothImage } from '@webcir/clip/test/random-clip';
import { openDevice } from '@webcir/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import { isTuned, Stage1, stage1Adam } from '../src/index.ts';

const device = await openDevice();
const folder = await mkdtemp(join(tmpdir(), 'webcir-configured-'));
afterAll(async () => {
  device.close();
  await rm(folder, { recursive: true });
});

const texts = [
  [49406, 533, 736, 49407],
  [49406, 2503, 11, 12, 13, 49407],
];

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

describe.each(configuredModels)('$name', (configured) => {
  it('has the gradients that its configuration asks for', { timeout: 120_000 }, async () => {
    await writeConfigured(folder, configured);
    const model = await openClipModel(folder);
    const clip = await uploadClip(device, model, isTuned('both'));
    const stage = new Stage1(device, model.config, clip, { batch: 2 });
    const random = randomNumbers(7);
    const pixels = [0, 1, 2, 3].map(() => plainPixels(configured, smoothImage(random, 70, 80)));
    const planes = pixels.map(({ data }) => Float32Array.from(data));
    const images = { kind: 'pixels', reference: planes.slice(0, 2), target: planes.slice(2) } as const;
    const step = await stage.prepare(images, texts);
    const loss = await step(stage.adam.hyper({ learningRate: 1e-9, weightDecay: 0, step: 1 }));

    const values = new Map<string, Float64Array>();
    for (const [name, tensor] of model.tensors) values.set(name, Float64Array.from(await tensor.read()));
    const tensors = Object.assign((name: string) => values.get(name)!, { has: (name: string) => values.has(name) });
    const imagesNow = () => pixels.map((image) => plainImageFeature(configured, image, tensors));
    const wordsNow = () => texts.map((rows) => plainTextFeature(configured, rows, tensors));
    const [features, words] = [imagesNow(), wordsNow()];
    const lossOf = (shown: readonly Float64Array[], said: readonly Float64Array[]) => {
      const queries = said.map((word, i) => word.map((value, k) => value + shown[i][k]));
      return plainLoss(queries, shown.slice(2));
    };
    expect(Math.abs(loss / lossOf(features, words) - 1)).toBeLessThan(1e-4);

    const size = (x: ArrayLike<number>) => Math.sqrt(Array.from(x).reduce((sum, value) => sum + value * value, 0));
    const moments = await stage.adam.moments.m.read();
    const gradients = [...moments].map(
      ([name, moment]) => [name, moment.map((m) => m / (1 - stage1Adam.beta1))] as const,
    );
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
    await stage.dispose();
    clip.dispose();
  });
});
