// Mixed precision against the runs of the original PyTorch code in single precision, and what loss scaling does in a
// stage.
import { readClipModel, uploadClip } from '@webcir/clip';
import { clipFixture, floats, loadFixture, relativeDifference, tokenRows } from '@webcir/clip/test/reference';
import { openDevice } from '@webcir/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import { isTuned, Stage1, type Stage1Settings, Stage2 } from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

const fixture = (name: string) => loadFixture(new URL(`./fixtures/${name}.safetensors`, import.meta.url));

/** Rows of a [n, width] tensor. */
const pick = (values: Float32Array, width: number, rows: readonly number[]): Float32Array =>
  Float32Array.from(rows.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]));

/**
 * Expects losses within one percent of the first one: half precision has three digits, and the runs divide the loss by
 * ten and more.
 */
function expectFollows(losses: readonly number[], expected: Float32Array): void {
  expect(losses.length).toBe(expected.length);
  for (const [step, loss] of losses.entries())
    expect(Math.abs(loss - expected[step]) / expected[0], `loss of step ${step + 1}`).toBeLessThan(0.01);
}

describe('stage 1 in mixed precision', async () => {
  const model = readClipModel(await clipFixture('clip-vit'), { activation: 'quickgelu' });
  const run = await fixture('stage1-vit');
  const { embedDim } = model.config;
  const [references, targets, order] = ['reference_features', 'target_features', 'order'].map((key) =>
    floats(run, key),
  );
  const rows = tokenRows(run);

  /** A loss scale at which no gradient of this model overflows: they are large, as its weights are random. */
  const steady = 2 ** 12;

  /** Steps of the fixture's run. */
  async function train(steps: number, settings: Partial<Stage1Settings>, scale = steady) {
    const clip = await uploadClip(device, model, isTuned('text'));
    const stage = new Stage1(device, model.config, clip, { batch: 8, ...settings });
    const { scaler } = stage.adam;
    scaler?.restore(new Map(Object.entries({ ...scaler.save(), 'loss scale': String(scale) })));
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const batch = [...order.subarray(step * 8, step * 8 + 8)];
      const images = {
        kind: 'features',
        reference: pick(references, embedDim, batch),
        target: pick(targets, embedDim, batch),
      } as const;
      const texts = batch.map((row) => rows[row]);
      const prepared = await stage.prepare(images, texts);
      losses.push(await prepared(stage.adam.hyper({ learningRate: 2e-4, weightDecay: 0.01, step: step + 1 })));
    }
    const weights = await clip.trained.read();
    await stage.dispose();
    clip.dispose();
    return { losses, weights, scaler };
  }

  const distance = (a: Map<string, Float32Array>, b: Map<string, Float32Array>, name: string) =>
    relativeDifference(a.get(name)!, b.get(name)!);

  it('follows 20 AdamW steps of the original', async () => {
    const { losses, scaler } = await train(20, { mixed: true });
    expectFollows(losses, floats(run, 'losses'));
    expect(scaler).toMatchObject({ skipped: 0, scale: steady });
  });

  it('is not the same as single precision', async () => {
    const [single, mixed] = [await train(1, {}), await train(1, { mixed: true })];
    expect(mixed.losses[0]).not.toBe(single.losses[0]);
  });

  it('in micro-batches gives the losses of the whole batch', async () => {
    const [whole, parts] = [await train(5, { mixed: true }), await train(5, { mixed: true, microBatch: 4 })];
    for (const [step, loss] of parts.losses.entries()) expect(loss / whole.losses[step]).toBeCloseTo(1, 2);
    expect(parts.scaler).toMatchObject({ skipped: 0 });
  });

  for (const microBatch of [8, 4]) {
    it(`skips steps whose gradients overflow, and then goes on, in batches of ${microBatch}`, async () => {
      const { losses, scaler, weights } = await train(3, { mixed: true, microBatch }, 2 ** 40);
      expect(losses.every(Number.isFinite)).toBe(true);
      expect(scaler).toMatchObject({ skipped: 3, scale: 2 ** 37 });
      for (const [name, values] of weights) expect(values, name).toEqual(await model.tensors.get(name)!.read());
      const after = await train(3, { mixed: true, microBatch });
      expect(distance(after.weights, weights, 'text_projection')).toBeGreaterThan(1e-4);
    });
  }
});

describe('stage 2 in mixed precision', () => {
  it('follows 40 Adam steps of the original, dropout off', async () => {
    const run = await fixture('stage2');
    const initial = [...run.tensors].filter(([name]) => name.startsWith('init.'));
    const weights = new Map(initial.map(([name]) => [name.slice('init.'.length), floats(run, name)]));
    const config = { featureDim: 96, projectionDim: 160, hiddenDim: 224 };
    const stage = await Stage2.create(device, config, weights, { batch: 16, dropout: 0, mixed: true });
    const [image, text, target, order] = ['image_features', 'text_features', 'target_features', 'order'].map((key) =>
      floats(run, key),
    );
    const losses: number[] = [];
    for (let step = 0; step < 40; step++) {
      const batch = [...order.subarray(step * 16, step * 16 + 16)];
      const shown = { reference: pick(image, 96, batch), text: pick(text, 96, batch), target: pick(target, 96, batch) };
      const adam = stage.adam.hyper({ learningRate: 1e-3, weightDecay: 0, step: step + 1 });
      losses.push(await stage.prepare(shown)(adam));
    }
    expectFollows(losses, floats(run, 'losses'));
    expect(stage.adam.scaler).toMatchObject({ skipped: 0 });
    stage.dispose();
  });
});
