// The Combiner against CLIP4Cir's own: query features, logits, loss and gradients.

import { layersOf } from '@webcir/clip/test/layers';
import { expectClose, floats, loadFixture, relativeDifference } from '@webcir/clip/test/reference';
import { combine, combinerDropout, combinerEntries, initialCombiner } from '@webcir/combiner';
import {
  compile,
  gradients,
  input,
  l2Normalize,
  matmul,
  openDevice,
  scale,
  slice,
  type Tensor,
  TensorStore,
} from '@webcir/kernels';
import { afterAll, expect, it } from 'vitest';
import { batchContrastiveLoss, logitScale } from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

const fixture = (name: string) => loadFixture(new URL(`./fixtures/${name}.safetensors`, import.meta.url));

it("agrees with CLIP4Cir's Combiner in features, logits, loss and gradients", async () => {
  const [weights, io] = await Promise.all([fixture('combiner'), fixture('combiner.io')]);
  const store = TensorStore.create(device, combinerEntries({ featureDim: 96, projectionDim: 160, hiddenDim: 224 }));
  for (const { name } of store.entries) store.write(name, floats(weights, name));
  const feature = (name: string) => input(name, [12, 96]);
  const combined = combine(feature('image'), feature('text'), (name) => store.tensor(name));
  const target = feature('target');
  const loss = batchContrastiveLoss(combined, target);
  const logits = scale(matmul(combined, l2Normalize(target), { transposeB: true }), logitScale);
  const names = store.entries.map(({ name }) => name);
  const grads = gradients(
    loss,
    names.map((name) => store.tensor(name)),
  );
  const outputs = Object.fromEntries([
    ['combined', combined],
    ['logits', logits],
    ['loss', loss],
    ...names.map((name, i) => [name, grads[i]]),
  ]);
  const program = await compile(device, { outputs });
  const feeds = Object.fromEntries(['image', 'text', 'target'].map((name) => [name, floats(io, `${name}_features`)]));
  const results = await program.runAndRead(feeds, Object.keys(outputs));
  expect(relativeDifference(results.combined, floats(io, 'combined'))).toBeLessThan(1e-5);
  expect(relativeDifference(results.logits, floats(io, 'logits'))).toBeLessThan(1e-5);
  expect(Math.abs(results.loss[0] / floats(io, 'loss')[0] - 1)).toBeLessThan(1e-4);
  for (const name of names) expectClose(results[name], io, 'grad', name, 1e-3);
});

it('drops half of each projection and of each hidden layer while it is trained, by masks of their own', async () => {
  const weights = await fixture('combiner');
  const io = await fixture('combiner.io');
  const store = TensorStore.create(device, combinerEntries({ featureDim: 96, projectionDim: 160, hiddenDim: 224 }));
  for (const { name } of store.entries) store.write(name, floats(weights, name));
  const drop = combinerDropout(input('seed', [2], 'u32'), 0.5);
  const feature = (name: string) => input(name, [12, 96]);
  const combined = combine(feature('image'), feature('text'), (name) => store.tensor(name), drop);
  const { inputOf, outputOf } = layersOf(combined);
  const layers: Record<string, Tensor> = {
    text: outputOf('text_projection_layer.weight'),
    image: outputOf('image_projection_layer.weight'),
    hidden: outputOf('combiner_layer.weight'),
    lambda: outputOf('dynamic_scalar.0.weight'),
  };
  const dropped: Record<string, Tensor> = {
    text: slice(inputOf('combiner_layer.weight'), 1, 0, 160),
    image: slice(inputOf('combiner_layer.weight'), 1, 160, 160),
    hidden: inputOf('output_layer.weight'),
    lambda: inputOf('dynamic_scalar.3.weight'),
  };
  /** For each value that is not 0 anyway, whether it is kept. */
  const masks: Record<string, ReadonlyMap<number, boolean>> = {};
  for (const name of Object.keys(layers)) {
    const program = await compile(device, { outputs: { before: layers[name], after: dropped[name] } });
    const feeds = Object.fromEntries(['image', 'text'].map((side) => [side, floats(io, `${side}_features`)]));
    const { before, after } = await program.runAndRead({ ...feeds, seed: Uint32Array.of(3, 4) }, ['before', 'after']);
    const active = [...before.keys()].filter((i) => before[i] > 0);
    for (const i of active) expect([0, 2 * before[i]], `${name}, ${i}`).toContain(after[i]);
    masks[name] = new Map(active.map((i) => [i, after[i] > 0]));
    program.dispose();
  }
  // Three standard deviations and more, of 480 draws at least.
  const expectHalf = (draws: readonly boolean[], what: string) =>
    expect(Math.abs(draws.filter((draw) => draw).length / draws.length - 0.5), what).toBeLessThan(0.1);
  for (const [name, mask] of Object.entries(masks)) expectHalf([...mask.values()], name);
  for (const [one, other] of [
    ['text', 'image'],
    ['hidden', 'lambda'],
    ['text', 'hidden'],
    ['image', 'lambda'],
  ]) {
    const common = [...masks[one].keys()].filter((i) => masks[other].has(i));
    expectHalf(
      common.map((i) => masks[one].get(i) === masks[other].get(i)),
      `${one} and ${other} agree`,
    );
  }
});

it("has 59,003,521 parameters at CLIP4Cir's sizes for RN50x4", () => {
  const entries = combinerEntries({ featureDim: 640, projectionDim: 2560, hiddenDim: 5120 });
  expect(entries.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0)).toBe(59_003_521);
});

it('starts from weights within the bounds of PyTorch', () => {
  const config = { featureDim: 8, projectionDim: 16, hiddenDim: 32 };
  let state = 0;
  const weights = initialCombiner(config, () => (state = (state + 0.618) % 1));
  for (const { name, shape } of combinerEntries(config))
    expect(weights.get(name)!.length, name).toBe(shape.reduce((a, b) => a * b));
  // PyTorch's bound is 1 / sqrt(inputs) for weights and biases, and the largest of many draws comes near it.
  for (const [layer, inputs] of [
    ['text_projection_layer', 8],
    ['combiner_layer', 32],
    ['output_layer', 32],
  ] as const) {
    for (const part of ['weight', 'bias']) {
      const largest = Math.max(...weights.get(`${layer}.${part}`)!.map(Math.abs)) * Math.sqrt(inputs);
      expect(largest, `${layer}.${part}`).toBeLessThanOrEqual(1);
      expect(largest, `${layer}.${part}`).toBeGreaterThan(0.7);
    }
  }
});
