// A host's device that has WebGPU's default limits and no feature: everything works there.
import { type Device, openDevice, requiredLimits, wrapDevice } from '@webcir/kernels';
import { Retriever, tableOf } from '@webcir/retrieval';
import { combinerTensors, images, model, sizes, tokenizer } from '@webcir/retrieval/test/small';
import { afterAll, describe, expect, it } from 'vitest';
import { type Example, memoryStorage, type RunOptions, trainRun } from '../src/index.ts';

const full = await openDevice();
const [gpu] = full.keepAlive as [GPU];
const adapter = (await gpu.requestAdapter())!;
const plain = wrapDevice(await adapter.requestDevice());
afterAll(() => {
  full.close();
  plain.gpu.destroy();
});

it('has the limits that every WebGPU has, and no more', () => {
  expect([...plain.gpu.features].filter((name) => name !== 'core-features-and-limits')).toEqual([]);
  const { limits } = plain.gpu;
  expect(limits.maxStorageBuffersPerShaderStage).toBe(8);
  expect(limits.maxStorageBufferBindingSize).toBe(2 ** 27);
  expect(limits.maxComputeInvocationsPerWorkgroup).toBe(256);
  expect(limits.maxComputeWorkgroupStorageSize).toBe(2 ** 14);
  for (const [name, value] of Object.entries(requiredLimits(adapter)))
    expect(value, name).toBeGreaterThanOrEqual(limits[name as 'maxBufferSize']);
});

describe('on it', () => {
  it('a search finds what it finds with all that the adapter has', async () => {
    const search = async (device: Device) => {
      const combiner = { config: sizes, tensors: combinerTensors };
      const retriever = await Retriever.load({ clip: model, combiner, tokenizer, device: device.gpu });
      const gallery = await retriever.index(images);
      const image = [images.get('image 3')!, 'image 8'];
      const query = {
        image,
        text: 'is longer',
        weights: { image: 2 },
        avoid: { text: 'stripes' },
        exclude: ['image 3'],
      };
      const answers = [
        await retriever.search(gallery, { ...query, k: 36 }),
        await retriever.search(gallery, { image: image[0], text: 'a red dress', k: 37 }),
      ];
      await gallery.dispose();
      await retriever.dispose();
      return answers;
    };
    const [found, expected] = [await search(plain), await search(full)];
    for (const [i, answer] of found.entries()) {
      expect(answer.map(({ id }) => id)).toEqual(expected[i].map(({ id }) => id));
      for (const [j, { score }] of answer.entries()) expect(Math.abs(score - expected[i][j].score)).toBeLessThan(1e-5);
    }
  });

  it('both stages take the steps that they take with all that the adapter has', async () => {
    const ids = [...images.keys()];
    const planes = new Map(ids.map((id, i) => [id, Float32Array.from({ length: 768 }, (_, j) => Math.sin(i + j * j))]));
    const examples: Example[] = ids.slice(1).map((target, i) => ({
      reference: ids[i],
      target,
      texts: [[0, 1 + (i % 4), 2 + (i % 3), 8]],
    }));
    const options: RunOptions = {
      stages: 'both',
      seed: 1,
      encoder: 'both',
      numEpochs: 1,
      learningRate: 1e-4,
      batchSize: 8,
      memoryBudget: 1,
      checkpointActivations: true,
      combinerEpochs: 1,
      combinerLr: 1e-3,
      combinerBatchSize: 8,
      projectionDim: 32,
      hiddenDim: 64,
      dropout: 0.5,
      schedule: 'constant',
      validationFrequency: 1,
      saveBest: false,
      imageCache: true,
      trimText: true,
      textCache: true,
    };
    const losses = async (device: Device) => {
      const features = tableOf(
        ids,
        22,
        Float32Array.from({ length: 22 * ids.length }, (_, i) => Math.cos(i * i)),
      );
      const found: number[] = [];
      const { clip } = await trainRun({
        device,
        model,
        examples,
        features,
        planes: async (id) => planes.get(id)!,
        encodeImages: async () => features,
        validation: {
          criteria: [{ name: 'none', of: () => 0 }],
          textFeatures: async () => new Map(),
          scores: async () => ({}),
        },
        storage: memoryStorage(),
        options,
        onEvent: (event) => event.type === 'step' && found.push(event.loss),
      });
      clip.dispose();
      return found;
    };
    const [found, expected] = [await losses(plain), await losses(full)];
    expect(found).toHaveLength(8);
    for (const [i, loss] of found.entries()) expect(Math.abs(loss / expected[i] - 1)).toBeLessThan(1e-4);
  });

  it('what cannot work names the limit', async () => {
    const wide = { featureDim: 22, projectionDim: 2 ** 14, hiddenDim: 2 ** 12 };
    const combiner = { config: wide, tensors: new Map() };
    const loading = Retriever.load({ clip: model, combiner, tokenizer, device: plain });
    await expect(loading).rejects.toThrow(
      'combiner_layer.weight [4096, 32768] needs 536870912 bytes, the maxStorageBufferBindingSize of this device is ' +
        '134217728: ask for the limits of the adapter (requiredLimits)',
    );
  });
});
