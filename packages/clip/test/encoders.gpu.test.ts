// Features, losses and gradients of both kinds of CLIP against the original PyTorch code.
import {
  add,
  compile,
  constant,
  gradients,
  input,
  l2Normalize,
  matmul,
  openDevice,
  scale,
  slice,
  softmaxCrossEntropy,
  sum,
  type Tensor,
  TensorStore,
} from '@webcir/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import {
  encodeImage,
  encodeText,
  entriesOf,
  foldBatchNorm,
  isTrainable,
  lengthFor,
  packTokens,
  readClipModel,
  uploadClip,
  weightsOf,
} from '../src/index.ts';
import { expectStage1Gradients } from './gradients.ts';
import { clipFixture, floats, nhwc, relativeDifference, tokenRows } from './reference.ts';

const device = await openDevice();
afterAll(() => device.close());

/**
 * Distance of features and logits to PyTorch's, relative to their norm. Found on lavapipe: 7.4e-7. Another epsilon of a
 * layer norm is 1e-4, of a BatchNorm 1e-5.
 */
const FEATURES = 5e-6;

/** CLIP4Cir's stage 1 loss, spelled out: mean cross entropy of 100 * normalize(image + text) . normalize(target). */
function stage1Loss(reference: Tensor, text: Tensor, target: Tensor): { logits: Tensor; loss: Tensor } {
  const [batch] = reference.shape;
  const logits = scale(matmul(l2Normalize(add(reference, text)), l2Normalize(target), { transposeB: true }), 100);
  const labels = constant(
    Uint32Array.from({ length: batch }, (_, i) => i),
    [batch],
  );
  return { logits, loss: scale(sum(softmaxCrossEntropy(logits, labels)), 1 / batch) };
}

for (const name of ['clip-vit', 'clip-rn']) {
  describe(name, async () => {
    const model = readClipModel(await clipFixture(name), { activation: 'quickgelu' });
    const io = await clipFixture(`${name}.io`);
    const { config } = model;
    const size = config.imageResolution;
    const clip = await uploadClip(device, model, isTrainable);
    const images = (inputName: string) => input(inputName, [4, size, size, 3]);
    const pixels = (key: string) => nhwc(floats(io, key), size);
    const rows = tokenRows(io);
    const textInputs = (length: number) => {
      const { tokens, eotPositions } = packTokens(rows, length);
      return { tokens, eotPositions };
    };
    const text = (length: number) =>
      encodeText(input('tokens', [4, length], 'u32'), input('eotPositions', [4], 'u32'), clip.weights, config);

    it('encodes images', async () => {
      const program = await compile(device, {
        outputs: { features: encodeImage(images('pixels'), clip.weights, config) },
      });
      const { features } = await program.runAndRead({ pixels: pixels('reference_images') }, ['features']);
      expect(relativeDifference(features, floats(io, 'image_features'))).toBeLessThan(FEATURES);
    });

    it('encodes images to the same features with BatchNorm folded into the convolutions', async () => {
      const folded = foldBatchNorm(model);
      expect(folded === model).toBe(config.vision.kind === 'vit');
      expect([...folded.tensors.keys()].filter((tensor) => tensor.includes('running'))).toEqual([]);
      const uploaded = await uploadClip(device, folded);
      const features = encodeImage(images('pixels'), uploaded.weights, folded.config);
      const program = await compile(device, { outputs: { features } });
      const results = await program.runAndRead({ pixels: pixels('reference_images') }, ['features']);
      expect(relativeDifference(results.features, floats(io, 'image_features'))).toBeLessThan(FEATURES);
    });

    it('encodes texts', async () => {
      const program = await compile(device, { outputs: { features: text(config.contextLength) } });
      const { features } = await program.runAndRead(textInputs(config.contextLength), ['features']);
      expect(relativeDifference(features, floats(io, 'text_features'))).toBeLessThan(FEATURES);
    });

    it('encodes texts that are shorter than the context at their own length, to the same numbers', async () => {
      const short = rows.filter((row) => row.length < 40);
      expect(short.length).toBeGreaterThan(1);
      const length = lengthFor(short, config.contextLength);
      expect(length).toBeLessThan(config.contextLength);
      const at = async (positions: number) => {
        const { tokens, eotPositions } = packTokens(short, positions);
        const [count] = [short.length];
        const features = encodeText(
          input('tokens', [count, positions], 'u32'),
          input('eotPositions', [count], 'u32'),
          clip.weights,
          config,
        );
        const program = await compile(device, { outputs: { features } });
        return (await program.runAndRead({ tokens, eotPositions }, ['features'])).features;
      };
      expect(relativeDifference(await at(length), await at(config.contextLength))).toBeLessThan(1e-6);
    });

    it('encodes texts and has their gradients to the same bits with a token table larger than a binding', async () => {
      const length = config.contextLength;
      const entries = entriesOf(model);
      const [table, rest] = [entries.filter(({ byRows }) => byRows), entries.filter(({ byRows }) => !byRows)];
      const frozen = TensorStore.create(device, rest, 'weights');
      for (const { name: tensor } of rest) frozen.write(tensor, await model.tensors.get(tensor)!.read());
      const run = async (maxBinding: number) => {
        const split = TensorStore.create(device, table, 'table', { maxBinding });
        for (const { name: tensor } of table) split.write(tensor, await model.tensors.get(tensor)!.read());
        const tokens = input('tokens', [4, length], 'u32');
        const features = encodeText(tokens, input('eotPositions', [4], 'u32'), weightsOf(split, frozen), config);
        const imageFeatures = input('images', features.shape);
        const { loss } = stage1Loss(imageFeatures, features, imageFeatures);
        const parts = table.flatMap(({ name: tensor }) => split.parts(tensor));
        const targets = [...parts.map(({ tensor }) => tensor), frozen.tensor('positional_embedding')];
        const found = gradients(loss, targets);
        const names = found.map((_, i) => `gradient ${i}`);
        const outputs: Record<string, Tensor> = { features };
        for (const [i, gradient] of found.entries()) outputs[names[i]] = gradient;
        const program = await compile(device, { outputs });
        const feeds = { ...textInputs(length), images: floats(io, 'image_features') };
        const results = await program.runAndRead(feeds, Object.keys(outputs));
        const [whole, positions] = [names.slice(0, -1), names.slice(-1)].map((some) =>
          some.flatMap((key) => [...results[key]]),
        );
        return { parts: parts.length, features: results.features, whole, positions };
      };
      const [{ parts: one, ...expected }, { parts: many, ...found }] = [await run(2 ** 27), await run(2 ** 15)];
      expect([one, many]).toEqual([1, config.vocabularySize / (2 ** 15 / 4 / config.textWidth)]);
      expect(found).toEqual(expected);
      expect(relativeDifference(found.features, floats(io, 'text_features'))).toBeLessThan(FEATURES);
    });

    it('has the loss and every gradient of stage 1 with both encoders trained', async () => {
      const length = config.contextLength;
      const reference = encodeImage(images('reference'), clip.weights, config);
      const target = encodeImage(images('target'), clip.weights, config);
      const { loss, logits } = stage1Loss(reference, text(length), target);
      const names = clip.trained.entries.map((entry) => entry.name);
      const grads = gradients(
        loss,
        names.map((tensor) => clip.trained.tensor(tensor)),
      );
      const outputs = Object.fromEntries([
        ['loss', loss],
        ['logits', logits],
        ...names.map((tensor, i) => [tensor, grads[i]]),
      ]);
      const program = await compile(device, { outputs });
      const feeds = { reference: pixels('reference_images'), target: pixels('target_images'), ...textInputs(length) };
      const results = await program.runAndRead(feeds, Object.keys(outputs));
      expect(Math.abs(results.loss[0] / floats(io, 'stage1.loss')[0] - 1)).toBeLessThan(1e-5);
      expect(relativeDifference(results.logits, floats(io, 'stage1.logits'))).toBeLessThan(FEATURES);
      await expectStage1Gradients(new Map(names.map((tensor) => [tensor, results[tensor]])), name);
    });

    it('has the same gradients, bit by bit, from activations that are computed again', async () => {
      const length = config.contextLength;
      const features = encodeImage(input('images', [8, size, size, 3]), clip.weights, config);
      const [reference, target] = [0, 4].map((start) => slice(features, 0, start, 4));
      const { loss } = stage1Loss(reference, text(length), target);
      const names = clip.trained.entries.map((entry) => entry.name);
      const targets = names.map((tensor) => clip.trained.tensor(tensor));
      const both = new Float32Array(8 * 3 * size * size);
      both.set(pixels('reference_images'));
      both.set(pixels('target_images'), both.length / 2);
      const [kept, again] = await Promise.all(
        [false, true].map(async (recompute) => {
          const grads = gradients(loss, targets, { recompute });
          const outputs: Record<string, Tensor> = { loss };
          for (const [i, tensor] of names.entries()) outputs[tensor] = grads[i];
          const program = await compile(device, { outputs });
          const results = await program.runAndRead({ images: both, ...textInputs(length) }, Object.keys(outputs));
          return { results, memory: program.memory };
        }),
      );
      expect(again.results).toEqual(kept.results);
      expect(again.memory).toBeLessThan(kept.memory);
    });
  });
}
