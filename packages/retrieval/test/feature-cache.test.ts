import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostTensor, initialVit } from '@webcir/clip';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { featureRows } from '../src/index.ts';
import { cachedFeatures, type FeatureKey } from '../src/node.ts';

const sizes = { embedDim: 2, imageResolution: 8, visionWidth: 64, visionLayers: 1, patchSize: 8 };
const text = { contextLength: 4, textWidth: 64, textLayers: 1, vocabulary: [0, 1] };
const model = initialVit({ ...sizes, ...text }, () => 0.5);
const key: FeatureKey = {
  model,
  preprocessing: { transform: 'clip' },
  dataset: 'set',
  ids: ['a', 'b'],
  versions: ['1', '1'],
};
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-cache-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('computes features once, and again when anything changes that they depend on', async () => {
  let computed = 0;
  const features = (changed: Partial<FeatureKey>) =>
    cachedFeatures(folder, { ...key, ...changed }, async () => Float32Array.of(++computed, 0, 0, computed));
  const first = await features({});
  expect([...featureRows(await features({}), ['b', 'a'])]).toEqual([...featureRows(first, ['b', 'a'])]);
  expect(computed).toBe(1);
  const visual = model.tensors.get('visual.proj')!;
  const values = (await visual.read()).map((value) => value + 1);
  const tuned = hostTensor(visual.shape, values);
  const changes: Partial<FeatureKey>[] = [
    { versions: ['1', '2'] },
    { ids: ['a', 'c'] },
    { preprocessing: { transform: 'targetpad' } },
    { dataset: 'other' },
    { model: { ...model, tensors: new Map([...model.tensors, ['visual.proj', tuned]]) } },
  ];
  for (const [i, changed] of changes.entries()) {
    await features(changed);
    expect(computed, Object.keys(changed)[0]).toBe(i + 2);
  }
  const finer = hostTensor(
    visual.shape,
    (await visual.read()).map((value) => value * (1 + 2 ** -20)),
  );
  await features({ model: { ...model, tensors: new Map([...model.tensors, ['visual.proj', finer]]) } });
  expect(computed, 'results must not depend on what was cached').toBe(7);
  const words = { ...model, tensors: new Map([...model.tensors, ['text_projection', tuned]]) };
  await features({ model: words });
  expect(computed, 'the text encoder has no say in it').toBe(7);
});

it('computes features again where the file is damaged, and mends it', async () => {
  const cache = join(folder, 'damaged');
  let computed = 0;
  const features = async () => {
    const table = await cachedFeatures(cache, key, async () => Float32Array.of(++computed, 2, 3, 4));
    return [...table.values];
  };
  await features();
  const [name] = await readdir(join(cache, 'features'));
  const file = join(cache, 'features', name);
  const whole = await readFile(file);
  const zeroed = Buffer.from(whole).fill(0, whole.length - 8);
  const other = JSON.stringify({ features: 'none' });
  for (const damaged of [whole.subarray(0, -3), whole.subarray(0, 20), '', zeroed, other]) {
    await writeFile(file, damaged);
    const count = computed;
    expect(await features()).toEqual([count + 1, 2, 3, 4]);
    expect(await features()).toEqual([count + 1, 2, 3, 4]);
  }
});

it('gives the features also where they cannot be stored', async () => {
  const file = join(folder, 'a file');
  await writeFile(file, '');
  const { values } = await cachedFeatures(file, key, async () => Float32Array.of(1, 2, 3, 4));
  expect([...values]).toEqual([1, 2, 3, 4]);
  expect(await readFile(file, 'utf8')).toBe('');
});
