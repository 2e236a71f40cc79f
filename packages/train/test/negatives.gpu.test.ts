// What queries are told apart from: each option's loss and gradient against plain loops in float64, and whole runs.
import { relativeDifference } from '@webcir/clip/test/reference';
import { compile, type Device, gradients, input, openDevice } from '@webcir/kernels';
import { tableOf } from '@webcir/retrieval';
import { afterAll, describe, expect, it } from 'vitest';
import { type Drawn, type Example, memoryStorage, type RunEvent, type RunOptions } from '../src/index.ts';
import { expectNegatives, negativesOf } from '../src/negatives/of-run.ts';
import { plainContrast, rowsOf } from './plain-contrast.ts';
import { hashesOf, options, type Scores, smallRun, withoutTimes } from './small-run.ts';

const device = await openDevice();
afterAll(() => device.close());

const dim = 6;
const ids = Array.from({ length: 9 }, (_, i) => `image ${i}`);
const wave = (rows: number, phase: number) =>
  Float32Array.from({ length: rows * dim }, (_, i) => Math.sin(i * i + phase));
const features = tableOf(ids, dim, wave(ids.length, 1));
const featureOf = (id: string) => rowsOf(features.values, dim)[ids.indexOf(id)];
/** Queries 0 and 2 have one target. */
const drawn: Drawn[] = [
  [0, 4],
  [1, 5],
  [2, 4],
].map(([reference, target]) => ({
  example: { reference: ids[reference], target: ids[target], texts: [[1, 2]] },
  form: 0,
}));
const queries = wave(drawn.length, 2).map((value, i, all) => {
  const start = i - (i % dim);
  return value / Math.hypot(...all.subarray(start, start + dim));
});
const targets = Float32Array.from(drawn.flatMap(({ example }) => featureOf(example.target)));

/** The loss of the batch, and its gradient with respect to the queries. */
async function computed(change: Partial<RunOptions>) {
  const examples = ids.slice(1).map((target, i): Example => ({ reference: ids[i], target, texts: [] }));
  const negatives = negativesOf({ device, features, examples, options: { ...options, ...change } });
  const given = input('queries', [drawn.length, dim]);
  const loss = negatives.loss(given, input('targets', [drawn.length, dim]));
  const [gradient] = gradients(loss, [given]);
  const program = await compile(device, { outputs: { loss, gradient } });
  const inputs = { queries, ...(negatives.readsTargets && { targets }), ...negatives.inputs(drawn) };
  const result = await program.runAndRead(inputs, ['loss', 'gradient']);
  program.dispose();
  negatives.dispose();
  return result;
}

async function expectPlain(change: Partial<RunOptions>, candidatesOf: (query: number) => readonly number[][]) {
  const { loss, gradient } = await computed(change);
  const plain = plainContrast(rowsOf(queries, dim), candidatesOf);
  expect(Math.abs(loss[0] / plain.loss - 1)).toBeLessThan(1e-5);
  expect(relativeDifference(gradient, Float32Array.from(plain.gradient.flat()))).toBeLessThan(1e-5);
}

/** What a query is compared with: its target, then everything else. */
const against = (query: number, all: readonly string[]) => {
  const { target } = drawn[query].example;
  return [target, ...all.filter((id) => id !== target)].map(featureOf);
};

describe('the queries of a batch are told apart from', () => {
  it('the targets of the others, of which one may be their own', async () => {
    await expectPlain({}, (query) => {
      const others = drawn.filter((_, i) => i !== query);
      return [drawn[query], ...others].map(({ example }) => featureOf(example.target));
    });
  });

  it('every image, each once', async () => {
    await expectPlain({ negatives: 'all' }, (query) => against(query, ids));
  });
});

describe('a run', () => {
  const { train } = smallRun(device);
  const short = { numEpochs: 2, combinerEpochs: 2 };

  it.each<[string, Partial<RunOptions>]>([['negatives: all', { negatives: 'all' }]])(
    'with %s takes other steps, and goes on after a stop to the same bits',
    async (_, option) => {
      const [plain, whole, stopped] = [memoryStorage(), memoryStorage(), memoryStorage()];
      const change = { ...short, ...option };
      await train(plain, short);
      await train(whole, change);
      const losses = async (storage: typeof whole) =>
        (await storage.logged()).flatMap(({ type, stage, loss }) => (type === 'step' ? [{ stage, loss }] : []));
      const [other, found] = [await losses(plain), await losses(whole)];
      for (const [i, { stage, loss }] of found.entries()) expect(loss, `${stage}, ${i}`).not.toBe(other[i].loss);
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

  it('takes the same steps of stage 1 in micro-batches, and from pixels', async () => {
    const change = { ...short, negatives: 'all', stages: '1' } as const;
    const losses = async (more: Partial<RunOptions>) => {
      const storage = memoryStorage();
      await train(storage, { ...change, ...more });
      return (await storage.logged()).flatMap(({ type, loss }) => (type === 'step' ? [Number(loss)] : []));
    };
    const whole = await losses({});
    for (const more of [{ microBatchSize: 4 }, { imageCache: false }]) {
      for (const [i, loss] of (await losses(more)).entries()) expect(Math.abs(loss / whole[i] - 1)).toBeLessThan(1e-4);
    }
  });

  it('refuses images as negatives whose encoder it tunes, and a bank that the device cannot bind', async () => {
    const refused = (change: Partial<RunOptions>) =>
      expect(train(memoryStorage(), { negatives: 'all', ...change })).rejects;
    await refused({ encoder: 'both' }).toThrow('--encoder both tunes what makes them: take --encoder text');
    await refused({ encoder: 'image' }).toThrow('--encoder image tunes what makes them: take --encoder text');
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

  it('says which target is not in the bank', async () => {
    await expect(train(memoryStorage(), { negatives: 'all' }, { bank: ['image 1'] })).rejects.toThrow(
      /the target 'image \d+' is not among the images of the bank/,
    );
  });
});
