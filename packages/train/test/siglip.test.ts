// Stage 1 on a small SigLIP, for each choice of the tuned encoder, against plain loops in float64.
import { imagePlanes, preprocessOptions, uploadClip } from '@webcir/clip';
import { randomNumbers, smoothImage } from '@webcir/clip/test/random-clip';
import { plainSiglip, randomSiglip, smallSiglip } from '@webcir/clip/test/siglip';
import { openDevice } from '@webcir/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import { isTuned, Stage1, type Stage1Settings } from '../src/index.ts';
import { expectPlainGradients } from './plain-gradients.ts';

const device = await openDevice();
afterAll(() => device.close());

const random = randomNumbers(7);
const model = randomSiglip(smallSiglip, 6);
const { contextLength, imageResolution: size } = smallSiglip;
const planes = [0, 1, 2, 3].map(() =>
  imagePlanes(smoothImage(random, 70, 80), preprocessOptions(model.config, { transform: 'clip' })),
);
const pixels = planes.map((data) => ({ channels: 3, height: size, width: size, data: Float64Array.from(data) }));
const texts = [
  [5, 20, 33, 1],
  [41, 7, 52, 9, 10, 30, 1],
].map((ids) => [...ids, ...Array<number>(contextLength - ids.length).fill(1)]);

describe('stage 1 of a SigLIP has the gradients of plain loops', { timeout: 120_000 }, () => {
  it.each([
    ['text', {}],
    ['image', { microBatch: 1, recompute: true }],
    ['both', {}],
    ['both', { microBatch: 1 }],
  ] as const)('with encoder %s and %o', async (encoder, settings) => {
    await expectPlainGradients(device, { model, pixels, texts, ...plainSiglip(smallSiglip) }, encoder, settings);
  });
});

it("stage 1 leaves the logits' scale and bias alone, which its loss does not have", () => {
  const frozen = [...model.tensors.keys()].filter((name) => !isTuned('both')(name));
  expect(frozen.sort()).toEqual(['logit_bias', 'logit_scale']);
});

it('stage 1 of a SigLIP in mixed precision follows single precision', async () => {
  const losses = async (settings: Partial<Stage1Settings>) => {
    const clip = await uploadClip(device, model, isTuned('both'));
    const stage = new Stage1(device, model.config, clip, { batch: 2, ...settings });
    const { scaler } = stage.adam;
    // A scale at which no gradient of this model overflows, so that no step is skipped.
    scaler?.restore(new Map(Object.entries({ ...scaler.save(), 'loss scale': String(2 ** 10) })));
    const images = { kind: 'pixels', reference: planes.slice(0, 2), target: planes.slice(2) } as const;
    const found: number[] = [];
    for (let step = 1; step <= 4; step++) {
      const run = await stage.prepare(images, texts);
      found.push(await run(stage.adam.hyper({ learningRate: 1e-4, weightDecay: 0.01, step })));
    }
    expect(scaler?.skipped ?? 0).toBe(0);
    await stage.dispose();
    clip.dispose();
    return found;
  };
  const [single, mixed] = [await losses({}), await losses({ mixed: true })];
  expect(single.at(-1)).toBeLessThan(0.9 * single[0]);
  expect(mixed).not.toEqual(single);
  for (const [step, loss] of mixed.entries()) expect(Math.abs(loss - single[step]) / single[0]).toBeLessThan(0.01);
});
