// What queries are told apart from: each option's loss and gradient against plain loops in float64, and whole runs.
import { relativeDifference } from '@webcir/clip/test/reference';
import { elementwiseSum } from '@webcir/combiner';
import { compile, type Device, gradients, input, openDevice } from '@webcir/kernels';
import { tableOf } from '@webcir/retrieval';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Drawn,
  type Example,
  memoryStorage,
  negativesOf,
  type RunEvent,
  type RunOptions,
  type RunStorage,
} from '../src/index.ts';
import { expectNegatives } from '../src/negatives/of-run.ts';
import { plainContrast, rowsOf } from './plain-contrast.ts';
import { hashesOf, options, type Scores, smallRun, examples as trained, withoutTimes } from './small-run.ts';

const device = await openDevice();
afterAll(() => device.close());

const dim = 6;
const ids = Array.from({ length: 9 }, (_, i) => `image ${i}`);
const wave = (rows: number, phase: number) =>
  Float32Array.from({ length: rows * dim }, (_, i) => Math.sin(i * i + phase));
const features = tableOf(ids, dim, wave(ids.length, 1));
const featureOf = (id: string) => rowsOf(features.values, dim)[ids.indexOf(id)];
const named = (...numbers: number[]) => numbers.map((i) => ids[i]);

/** Examples 0 and 2 have one target, 1 and 3 one reference and one caption, and 4 asks on the way back what 0 does. */
const examples: Example[] = (
  [
    [0, 4, [1, 2], named(0, 4, 6, 7)],
    [1, 5, [3], named(5, 1, 8)],
    [2, 4, [1, 5], undefined],
    [1, 7, [3], undefined],
    [3, 4, [1, 2], undefined],
  ] as const
).map(([reference, target, text, group]) => ({
  reference: ids[reference],
  target: ids[target],
  texts: [[9], text],
  ...(group && { group }),
}));
const drawn: Drawn[] = examples.map((example) => ({ example, form: 1 }));
const texts = wave(drawn.length, 2);
const sideOf = (side: 'reference' | 'target') => drawn.map(({ example }) => featureOf(example[side]));

/** The loss of the batch, and its gradient with respect to the texts. */
async function computed(change: Partial<RunOptions>) {
  const run = { device, features, examples, bank: ids, options: { ...options, ...change } };
  const negatives = negativesOf(run, drawn.length);
  const [reference, text, target] = ['reference', 'text', 'target'].map((name) => input(name, [drawn.length, dim]));
  const loss = negatives.loss({ reference, text, target }, elementwiseSum);
  const [gradient] = gradients(loss, [text]);
  const program = await compile(device, { outputs: { loss, gradient } });
  const inputs = {
    reference: Float32Array.from(sideOf('reference').flat()),
    text: texts,
    ...(negatives.readsTargets && { target: Float32Array.from(sideOf('target').flat()) }),
    ...negatives.inputs(drawn),
  };
  const result = await program.runAndRead(inputs, ['loss', 'gradient']);
  program.dispose();
  negatives.dispose();
  return result;
}

/** What the queries forth, or back, are compared with: ids, the right one first. */
type Compared = (query: number) => readonly string[];

async function expectPlain(change: Partial<RunOptions>, forth: Compared, back?: Compared): Promise<void> {
  const lossOf = (words: Float64Array): number => {
    const queries = (side: 'reference' | 'target', sign: number) =>
      sideOf(side).map((image, row) => image.map((value, i) => value + sign * words[row * dim + i]));
    const one = plainContrast(queries('reference', 1), (query) => forth(query).map(featureOf));
    if (!back) return one;
    return one + change.reversedWeight! * plainContrast(queries('target', -1), (query) => back(query).map(featureOf));
  };
  const { loss, gradient } = await computed(change);
  const words = Float64Array.from(texts);
  expect(Math.abs(loss[0] / lossOf(words) - 1)).toBeLessThan(1e-5);
  const h = 1e-6;
  const plain = Float32Array.from(texts, (_, i) => {
    const moved = (by: number) => lossOf(words.map((value, at) => (at === i ? value + by : value)));
    return (moved(h) - moved(-h)) / (2 * h);
  });
  expect(relativeDifference(gradient, plain)).toBeLessThan(1e-4);
}

const others = (query: number, side: 'reference' | 'target') =>
  drawn.filter((_, i) => i !== query).map(({ example }) => example[side]);
const own = (query: number, side: 'reference' | 'target') => drawn[query].example[side];
const inBatch = (side: 'reference' | 'target') => (query: number) => [own(query, side), ...others(query, side)];
const without = (list: readonly string[], ...wrong: string[]) => [
  list[0],
  ...list.slice(1).filter((id) => !wrong.includes(id)),
];

describe('the queries of a batch are told apart from', () => {
  it('the targets of the others, of which one may be their own', () => expectPlain({}, inBatch('target')));

  it('every image, each once', () =>
    expectPlain({ negatives: 'all' }, (query) => {
      const target = own(query, 'target');
      return [target, ...ids.filter((id) => id !== target)];
    }));

  it('their own reference, too', () =>
    expectPlain({ referenceNegatives: true }, (query) => [...inBatch('target')(query), own(query, 'reference')]));

  it('the other images of their group, of which some have fewer', () =>
    expectPlain({ groupNegatives: true, referenceNegatives: true }, (query) => [
      ...inBatch('target')(query),
      own(query, 'reference'),
      ...[named(6, 7), named(8), [], [], []][query],
    ]));

  // Where 1 and 3 ask the same, both targets are right; so is image 4 wherever it is the target.
  const right = [named(4), named(5, 7), named(4), named(5, 7), named(4)];
  it('no target that is right', () =>
    expectPlain({ maskFalseNegatives: true }, (query) => without(inBatch('target')(query), ...right[query])));

  it('no image of all that is right, and none of their group', async () => {
    const all = (query: number) => [own(query, 'target'), ...ids.filter((id) => id !== own(query, 'target'))];
    await expectPlain({ negatives: 'all', maskFalseNegatives: true }, (query) => without(all(query), ...right[query]));
    const mates = [named(6, 7), named(8), [], [], []];
    await expectPlain({ groupNegatives: true, maskFalseNegatives: true }, (query) =>
      without([...inBatch('target')(query), ...mates[query]], ...right[query]),
    );
  });

  it('the references of the others on the way back', () =>
    expectPlain({ reversedWeight: 0.4 }, inBatch('target'), inBatch('reference')));

  it('no reference that is right on the way back, of the batch or of all', async () => {
    // 0 and 4 lead back from image 4 by one caption; 1 and 3 lead back to image 1.
    const rightBack = [named(0, 3), named(1), named(2), named(1), named(0, 3)];
    await expectPlain(
      { reversedWeight: 2, maskFalseNegatives: true },
      (query) => without(inBatch('target')(query), ...right[query]),
      (query) => without(inBatch('reference')(query), ...rightBack[query]),
    );
    const all = (side: 'reference' | 'target') => (query: number) => [
      own(query, side),
      ...ids.filter((id) => id !== own(query, side)),
    ];
    await expectPlain({ negatives: 'all', reversedWeight: 2 }, all('target'), all('reference'));
  });
});

describe('a run', () => {
  const { train } = smallRun(device);
  const short = { numEpochs: 2, combinerEpochs: 2 };
  const plain = memoryStorage();
  beforeAll(async () => {
    await train(plain, short);
  });
  const losses = async (storage: RunStorage) =>
    (await storage.logged()).flatMap(({ type, loss }) => (type === 'step' ? [Number(loss)] : []));

  it.each<[string, Partial<RunOptions>]>([
    ['all images', { negatives: 'all' }],
    ['references and groups', { referenceNegatives: true, groupNegatives: true }],
    ['masks and the way back', { maskFalseNegatives: true, reversedWeight: 0.4 }],
  ])(
    'that tells queries apart by %s takes other steps, and goes on after a stop to the same bits',
    async (_, option) => {
      const [whole, stopped] = [memoryStorage(), memoryStorage()];
      const change = { ...short, ...option };
      await train(whole, change);
      const [other, found] = [await losses(plain), await losses(whole)];
      for (const [i, loss] of found.entries()) expect(loss, `step ${i}`).not.toBe(other[i]);
      for (const stopAt of ['stage 1', 'stage 2'] as const) {
        const onEvent = (event: RunEvent<Scores>) => {
          if (event.type === 'step' && event.stage === stopAt && event.step === 3) throw new Error('stopped');
        };
        await expect(train(stopped, change, { onEvent })).rejects.toThrow('stopped');
      }
      await train(stopped, change);
      for (const file of ['clip', 'combiner', 'checkpoints/stage1', 'checkpoints/stage2'].map(
        (f) => `${f}.safetensors`,
      ))
        expect(await hashesOf(stopped, file), file).toEqual(await hashesOf(whole, file));
      expect(await withoutTimes(stopped)).toEqual(await withoutTimes(whole));
    },
  );

  it.each<[string, Partial<RunOptions>]>([
    ['all images', { negatives: 'all' }],
    ['all else', { referenceNegatives: true, groupNegatives: true, maskFalseNegatives: true, reversedWeight: 0.4 }],
  ])('takes the same steps of stage 1 against %s in micro-batches, and from pixels', async (_, option) => {
    const lossesOf = async (more: Partial<RunOptions>) => {
      const storage = memoryStorage();
      await train(storage, { ...short, ...option, stages: '1', ...more });
      return losses(storage);
    };
    const whole = await lossesOf({});
    for (const more of [{ microBatchSize: 4 }, { imageCache: false }]) {
      for (const [i, loss] of (await lossesOf(more)).entries())
        expect(Math.abs(loss / whole[i] - 1)).toBeLessThan(1e-4);
    }
  });

  it('refuses negatives whose encoder it tunes, that do not go together or are not there, and a bank that the device cannot bind', async () => {
    const refused = (change: Partial<RunOptions>) =>
      expect(train(memoryStorage(), { negatives: 'all', ...change })).rejects;
    await refused({ encoder: 'both' }).toThrow('--encoder both tunes what makes them: take --encoder text');
    await refused({ encoder: 'image' }).toThrow('--encoder image tunes what makes them: take --encoder text');
    await refused({ negatives: 'batch', groupNegatives: true, encoder: 'both' }).toThrow(
      '--group-negatives compares with',
    );
    await refused({ referenceNegatives: true }).toThrow('--reference-negatives is for negatives of the batch');
    await refused({ groupNegatives: true }).toThrow('--group-negatives is for negatives of the batch');
    const ungrouped = trained.map(({ group: _, ...example }) => example);
    await expect(train(memoryStorage(), { groupNegatives: true }, { examples: ungrouped })).rejects.toThrow(
      '--group-negatives needs groups of look-alikes, which these triplets do not have',
    );
    const onSmall = (maxBindingSize: number, more: Partial<RunOptions>) => () =>
      expectNegatives({
        device: { capabilities: { ...device.capabilities, maxBindingSize } } as Device,
        model: { config: { embedDim: 16 } } as Parameters<typeof expectNegatives>[0]['model'],
        examples: [],
        bank: ids,
        options: { ...options, negatives: 'all', ...more },
      });
    expect(onSmall(9 * 16 * 4, {})).not.toThrow();
    expect(onSmall(9 * 16 * 4 - 1, {})).toThrow(
      '--negatives all compares with 9 images: their features take 576 bytes, and the maxStorageBufferBindingSize of ' +
        'this device is 575: use --negatives batch',
    );
    expect(onSmall(600, { combinerBatchSize: 32 })).toThrow(
      'the logits of a batch of 32 take 1152 bytes, and the maxStorageBufferBindingSize of this device is 600: use a ' +
        'smaller --combiner-batch-size or --negatives batch',
    );
    expect(onSmall(600, { combinerBatchSize: 32, stages: '1' })).not.toThrow();
  });

  it('says which answer is not in the bank', async () => {
    await expect(train(memoryStorage(), { negatives: 'all' }, { bank: ['image 1'] })).rejects.toThrow(
      /the bank of negatives has no image 'image \d+', which is an answer/,
    );
  });
});
