// Both stages through the library call, on a small model: in Node and in a page, in one go and after a stop.
import { initialVit, uploadClip } from '@webcir/clip';
import { seededRandom } from '@webcir/data';
import { openDevice } from '@webcir/kernels';
import { Fusion, featureRows, ImageEncoder, TextEncoderPrograms, tableOf } from '@webcir/retrieval';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Example,
  memoryStorage,
  type RunEvent,
  type RunOptions,
  type RunStorage,
  type TrainingRun,
  trainRun,
} from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

const random = seededRandom(5);
const text = { contextLength: 8, textWidth: 64, textLayers: 1, vocabulary: [...Array(12).keys()] };
const model = initialVit(
  { embedDim: 16, imageResolution: 16, visionWidth: 64, visionLayers: 1, patchSize: 8, ...text },
  random,
);
const { config } = model;
const ids = Array.from({ length: 20 }, (_, i) => `image ${i}`);
const pixels = new Map(ids.map((id) => [id, Float32Array.from({ length: 3 * 16 * 16 }, () => random() - 0.5)]));
const examples: Example[] = Array.from({ length: 17 }, (_, i) => ({
  reference: ids[i],
  target: ids[i + 1],
  texts: [0, 1].map((form) => [0, 1 + ((i + form) % 9), 2 + (i % 5), 11]),
}));

const options: RunOptions = {
  stages: 'both',
  seed: 1,
  encoder: 'text',
  numEpochs: 3,
  learningRate: 1e-3,
  batchSize: 8,
  memoryBudget: 1,
  checkpointActivations: false,
  combinerEpochs: 3,
  combinerLr: 1e-3,
  combinerBatchSize: 8,
  projectionDim: 32,
  hiddenDim: 64,
  dropout: 0.5,
  schedule: 'cosine',
  validationFrequency: 1,
  saveBest: true,
  imageCache: true,
  trimText: true,
  textCache: true,
};

interface Scores {
  /** Mean cosine similarity of query and target, in percent. */
  readonly similarity: number;
}

const encodeImages: TrainingRun<Scores>['encodeImages'] = async (weights) => {
  const encoder = await ImageEncoder.create(device, config, weights, ids.length);
  const values = await encoder.encode(ids.length, (i) => pixels.get(ids[i])!);
  encoder.dispose();
  return tableOf(ids, config.embedDim, values);
};

/** Scores the first texts of all examples. */
const validation: TrainingRun<Scores>['validation'] = {
  criteria: [{ name: 'similarity', of: ({ similarity }) => similarity }],
  async textFeatures(weights) {
    const encoder = new TextEncoderPrograms(device, config, weights);
    const features = await encoder.encode(examples.map(({ texts }) => texts[0]));
    await encoder.dispose();
    return new Map([['all', features]]);
  },
  async scores(features, texts, fuse) {
    const rows = (side: 'reference' | 'target') =>
      featureRows(
        features,
        examples.map((example) => example[side]),
      );
    const fusion = await Fusion.create(device, config.embedDim, fuse);
    const queries = await fusion.run(rows('reference'), texts.get('all')!);
    fusion.dispose();
    const targets = rows('target');
    const { embedDim: dim } = config;
    const row = (values: Float32Array, i: number) => values.subarray(i * dim, (i + 1) * dim);
    const cosines = examples.map((_, i) => {
      const [query, target] = [row(queries, i), row(targets, i)];
      return query.reduce((sum, value, k) => sum + value * target[k], 0) / Math.hypot(...query) / Math.hypot(...target);
    });
    return { similarity: (100 * cosines.reduce((sum, value) => sum + value, 0)) / cosines.length };
  },
};

let features: TrainingRun<Scores>['features'];
beforeAll(async () => {
  const clip = await uploadClip(device, model);
  features = await encodeImages(clip.weights, 'all');
  clip.dispose();
});

async function train(storage: RunStorage, change: Partial<RunOptions> = {}, onEvent?: (e: RunEvent<Scores>) => void) {
  const run = { device, model, examples, features, encodeImages, validation, storage };
  const planes = async (id: string) => pixels.get(id)!;
  const trained = await trainRun({ ...run, planes, options: { ...options, ...change }, onEvent });
  trained.clip.dispose();
  return trained;
}

const bytesOf = async (storage: RunStorage, file: string) => {
  const { tensors } = await storage.open(file);
  return Promise.all([...tensors].map(async ([name, { read }]) => [name, await read()] as const));
};

describe('trainRun', () => {
  const whole = memoryStorage();

  it('trains both stages, tells what it does, and keeps what it made', async () => {
    const events: RunEvent<Scores>[] = [];
    const { combiner, model: tuned } = await train(whole, {}, (event) => events.push(event));
    expect(combiner?.config).toEqual({ featureDim: 16, projectionDim: 32, hiddenDim: 64 });
    expect(tuned.config).toEqual(config);
    const kinds = events.filter(({ type }) => type !== 'captions').map(({ type }) => type);
    const stage = ['start', ...Array(3).fill(['step', 'step', 'epoch']).flat(), 'end'];
    expect(kinds).toEqual([...stage, ...stage]);
    const steps = events.flatMap((event) => (event.type === 'step' ? [event] : []));
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
    // The first step of a stage compiles, so that nothing is predicted from it.
    expect(steps[0].secondsLeft).toBeUndefined();
    expect(steps[1].secondsLeft).toBeGreaterThan(0);
    const logged = await whole.logged();
    expect(logged.filter(({ type }) => type === 'step')).toHaveLength(12);
    for (const { loss } of steps) expect(Number.isFinite(loss)).toBe(true);
    expect(steps[5].loss).toBeLessThan(steps[0].loss);
  });

  it('goes on after a stop in either stage, to the same bits', async () => {
    for (const stopAt of ['stage 1', 'stage 2'] as const) {
      const storage = memoryStorage();
      const stop = (event: RunEvent<Scores>) => {
        if (event.type === 'step' && event.stage === stopAt && event.step === 4) throw new Error('stopped');
      };
      await expect(train(storage, {}, stop)).rejects.toThrow('stopped');
      const epochs: number[] = [];
      await train(storage, {}, (event) => {
        if (event.type === 'epoch' && event.stage === stopAt) epochs.push(event.epoch);
      });
      expect(epochs).toEqual([2, 3]); // the first one was done
      for (const file of ['clip.safetensors', 'combiner.safetensors'])
        expect(await bytesOf(storage, file), `${file} after a stop in ${stopAt}`).toEqual(await bytesOf(whole, file));
    }
  });

  it('trains one stage only, and both encoders in micro-batches', async () => {
    const storage = memoryStorage();
    const change = { stages: '1', encoder: 'both', microBatchSize: 4, numEpochs: 1, learningRate: 1e-5 } as const;
    const micro: (number | undefined)[] = [];
    const trained = await train(storage, change, (event) => {
      if (event.type === 'start') micro.push(event.microBatch);
    });
    expect(micro).toEqual([4]);
    expect(trained.combiner).toBeUndefined();
    // The image encoder was tuned, so images have other features now.
    expect(trained.features.values).not.toEqual(features.values);
    expect(await storage.has('combiner.safetensors')).toBe(false);

    await train(storage, { stages: '2' }); // takes the CLIP that is there as tuned
    expect(await storage.has('combiner.safetensors')).toBe(true);
  });

  it('refuses a batch that is larger than the data, naming the option', async () => {
    await expect(train(memoryStorage(), { batchSize: 32 })).rejects.toThrow('use a smaller --batch-size');
    await expect(train(memoryStorage(), { combinerBatchSize: 32 })).rejects.toThrow('a smaller --combiner-batch-size');
  });
});
