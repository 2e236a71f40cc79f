// A run of both stages on a small random model: in Node and in a page.
import { initialVit, uploadClip } from '@webcir/clip';
import { seededRandom } from '@webcir/data';
import type { Device } from '@webcir/kernels';
import { type FeatureTable, Fusion, featureRows, ImageEncoder, TextEncoderPrograms, tableOf } from '@webcir/retrieval';
import {
  type Example,
  type RunOptions,
  type RunStorage,
  type TrainedModels,
  type TrainingRun,
  trainRun,
} from '../src/index.ts';

const random = seededRandom(5);
const text = { contextLength: 8, textWidth: 64, textLayers: 1, vocabulary: [...Array(12).keys()] };
export const model = initialVit(
  { embedDim: 16, imageResolution: 16, visionWidth: 64, visionLayers: 1, patchSize: 8, ...text },
  random,
);
const { config } = model;
export const ids = Array.from({ length: 20 }, (_, i) => `image ${i}`);
const pixels = new Map(ids.map((id) => [id, Float32Array.from({ length: 3 * 16 * 16 }, () => random() - 0.5)]));
export const examples: Example[] = Array.from({ length: 17 }, (_, i) => ({
  reference: ids[i],
  target: ids[i + 1],
  group: [ids[i], ids[i + 1], ids[(i + 7) % 20]],
  texts: [0, 1].map((form) => [0, 1 + ((i + form) % 9), 2 + (i % 5), 11]),
}));

export const options: RunOptions = {
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

export interface Scores {
  /** Mean cosine similarity of query and target, in percent. */
  readonly similarity: number;
}

/** The run on a device. */
export function smallRun(device: Device) {
  const encodeImages: TrainingRun<Scores>['encodeImages'] = async (weights) => {
    const encoder = await ImageEncoder.create(device, config, weights, ids.length);
    const { features: values } = await encoder.encode(ids.map((id) => [id, pixels.get(id)!]));
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
        return (
          query.reduce((sum, value, k) => sum + value * target[k], 0) / Math.hypot(...query) / Math.hypot(...target)
        );
      });
      return { similarity: (100 * cosines.reduce((sum, value) => sum + value, 0)) / cosines.length };
    },
  };

  /** Features of the images by the model as given. */
  async function givenFeatures(): Promise<FeatureTable> {
    const clip = await uploadClip(device, model);
    const features = await encodeImages(clip.weights, 'all');
    clip.dispose();
    return features;
  }

  /** Trains both stages, with these changes, and keeps nothing on the device. */
  async function train(
    storage: RunStorage,
    change: Partial<RunOptions> = {},
    { onEvent, ...more }: Partial<TrainingRun<Scores>> = {},
  ): Promise<TrainedModels> {
    const trained = await trainRun({
      device,
      model,
      examples,
      features: await features,
      planes: async (id) => pixels.get(id)!,
      encodeImages,
      validation,
      storage,
      options: { ...options, ...change },
      onEvent,
      ...more,
    });
    trained.clip.dispose();
    return trained;
  }

  const features = givenFeatures();
  return { features, train };
}

/** A hash of each tensor: where whole tensors differ, vitest would take minutes to say so. */
export async function hashesOf(storage: RunStorage, file: string): Promise<Record<string, string>> {
  const { tensors } = await storage.open(file);
  const hash = async (bytes: Uint8Array) =>
    Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice())), (byte) =>
      byte.toString(16),
    ).join();
  const found = [...tensors].map(async ([name, { read }]) => [name, await hash(await read())] as const);
  return Object.fromEntries(await Promise.all(found));
}

/** The log, but for the times. */
export const withoutTimes = async (storage: RunStorage) =>
  (await storage.logged()).map(({ time: _, seconds: __, ...entry }) => entry);
