// Both stages through the library call, on a small model: in Node and in a page, in one go and after a stop.
import { clipFingerprint, readClipModel, readFloat32, uploadClip } from '@webcir/clip';
import { relativeDifference } from '@webcir/clip/test/reference';
import { initialCombiner } from '@webcir/combiner';
import { seededRandom, seedOf } from '@webcir/data';
import { openDevice, type TensorStore } from '@webcir/kernels';
import { byLength, featureRows, TextEncoderPrograms } from '@webcir/retrieval';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawEpoch } from '../src/examples.ts';
import {
  type Drawn,
  isTuned,
  memoryStorage,
  type RunEvent,
  type RunOptions,
  type RunStorage,
  Stage1,
  Stage2,
} from '../src/index.ts';
import { examples, hashesOf, model, type Scores, smallRun, withoutTimes } from './small-run.ts';

const device = await openDevice();
afterAll(() => device.close());

const { features: given, train: run } = smallRun(device);
const { config } = model;
let features: Awaited<typeof given>;
beforeAll(async () => {
  features = await given;
});

const train = (storage: RunStorage, change: Partial<RunOptions> = {}, onEvent?: (e: RunEvent<Scores>) => void) =>
  run(storage, change, { onEvent });

describe('trainRun', () => {
  const whole = memoryStorage();

  it('trains both stages, tells what it does, and keeps what it made', async () => {
    const events: RunEvent<Scores>[] = [];
    const { combiner, model: tuned } = await train(whole, {}, (event) => events.push(event));
    expect(combiner?.config).toEqual({ featureDim: 16, projectionDim: 32, hiddenDim: 64 });
    expect(combiner?.clip).toBe(await clipFingerprint(tuned));
    expect(combiner?.clip).not.toBe(await clipFingerprint(model));
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

  it("takes CLIP4Cir's steps on the batches of each epoch, to the bits of both stages by hand", async () => {
    const losses = async (stage: string) =>
      (await whole.logged()).filter((entry) => entry.type === 'step' && entry.stage === stage).map(({ loss }) => loss);
    const expectLast = async (file: string, store: TensorStore) => {
      const { tensors } = await whole.open(`checkpoints/${file}.safetensors`);
      for (const [name, values] of await store.read()) {
        expect(relativeDifference(await readFloat32(tensors.get(name)!), values), name).toBe(0);
      }
    };
    /** Half a cosine from 1e-3 down, over three epochs of two batches. */
    const hyperOf = (weightDecay: number, index: number) => ({
      learningRate: (1e-3 / 2) * (1 + Math.cos((Math.PI * index) / 6)),
      weightDecay,
      step: index + 1,
    });
    const rows = (drawn: readonly Drawn[], side: 'reference' | 'target') =>
      featureRows(
        features,
        drawn.map(({ example }) => example[side]),
      );
    const textOf = ({ example, form }: Drawn) => example.texts[form];
    const epochs = (stage: string) =>
      [0, 1, 2].flatMap((epoch) => drawEpoch(examples, 8, `${stage}, seed 1, epoch ${epoch}`));

    const clip = await uploadClip(device, model, isTuned('text'));
    const stage1 = new Stage1(device, config, clip, { batch: 8 });
    const found1: number[] = [];
    for (const [index, batch] of epochs('stage 1').entries()) {
      const drawn = byLength(batch, textOf);
      const images = { kind: 'features', reference: rows(drawn, 'reference'), target: rows(drawn, 'target') } as const;
      const step = await stage1.prepare(images, drawn.map(textOf));
      found1.push(await step(stage1.adam.hyper(hyperOf(0.01, index)))); // PyTorch's weight decay for AdamW
    }
    expect(found1).toEqual(await losses('stage 1'));
    await expectLast('stage1', clip.trained);
    await stage1.dispose();
    clip.dispose();

    const best = await uploadClip(device, readClipModel(await whole.open('clip.safetensors')));
    const encoder = new TextEncoderPrograms(device, config, best.weights);
    const sizes = { featureDim: 16, projectionDim: 32, hiddenDim: 64 };
    const initial = initialCombiner(sizes, seededRandom(seedOf('combiner, seed 1')));
    const stage2 = await Stage2.create(device, sizes, initial, { batch: 8, dropout: 0.5 });
    const found2: number[] = [];
    for (const [index, drawn] of epochs('stage 2').entries()) {
      const text = await encoder.encode(drawn.map(textOf));
      const shown = { reference: rows(drawn, 'reference'), text, target: rows(drawn, 'target') };
      const step = stage2.prepare(shown, [seedOf('dropout, seed 1'), index]);
      found2.push(await step(stage2.adam.hyper(hyperOf(0, index))));
    }
    expect(found2).toEqual(await losses('stage 2'));
    await expectLast('stage2', stage2.combiner);
    stage2.dispose();
    await encoder.dispose();
    best.dispose();
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
      // The best models may be those of an epoch before the stop; the checkpoints are those of the last one.
      const checkpoints = ['checkpoints/stage1.safetensors', 'checkpoints/stage2.safetensors'];
      for (const file of ['clip.safetensors', 'combiner.safetensors', ...checkpoints])
        expect(await hashesOf(storage, file), `${file} after a stop in ${stopAt}`).toEqual(await hashesOf(whole, file));
      // Every step is in the log once, as if there had been no stop.
      expect(await withoutTimes(storage)).toEqual(await withoutTimes(whole));
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

  it('says which learning rate was too high', async () => {
    const diverged = (change: Partial<RunOptions>) => expect(train(memoryStorage(), change)).rejects;
    await diverged({ learningRate: 1e30 }).toThrow('try a lower --learning-rate than 1e+30');
    await diverged({ combinerLr: 1e30 }).toThrow('try a lower --combiner-lr than 1e+30');
  });

  it('refuses a batch that is larger than the data, naming the option', async () => {
    await expect(train(memoryStorage(), { batchSize: 32 })).rejects.toThrow('use a smaller --batch-size');
    await expect(train(memoryStorage(), { combinerBatchSize: 32 })).rejects.toThrow('a smaller --combiner-batch-size');
  });
});
