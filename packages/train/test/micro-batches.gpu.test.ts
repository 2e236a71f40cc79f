// Stage 1 in micro-batches against the same steps in one piece: losses, gradients, weights.
import { entriesOf, isVisual, readClipModel, uploadClip } from '@webcir/clip';
import { clipFixture, floats, relativeDifference, tokenRows } from '@webcir/clip/test/reference';
import { openDevice } from '@webcir/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import { isTuned, Stage1, type Stage1Settings, stage1Memory, type TunedEncoder } from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

/**
 * Both ways add up the same numbers in another order. In the small ViT the loss multiplies that rounding by 100; in the
 * small ResNet the parts of an image's gradient that cancel are up to 3,000 times their sum (see
 * clip/test/encoders.gpu.test.ts).
 */
const TOLERANCE = { 'clip-vit': { text: 1e-4, image: 1e-4 }, 'clip-rn': { text: 1e-6, image: 5e-4 } };

/**
 * Biases of keys, whose exact gradient is zero: what float32 leaves is noise, and Adam steps by the learning rate for
 * any noise.
 */
const IGNORED_BIAS = 'visual.attnpool.k_proj.bias';
const PARTLY_IGNORED = /in_proj_bias$/;

for (const name of ['clip-vit', 'clip-rn'] as const) {
  describe(`${name} in micro-batches`, async () => {
    const model = readClipModel(await clipFixture(name), { activation: 'quickgelu' });
    const io = await clipFixture(`${name}.io`);
    const { embedDim, imageResolution } = model.config;
    const rows = (key: string, size: number) =>
      Array.from({ length: 4 }, (_, i) => floats(io, key).subarray(i * size, (i + 1) * size));
    const planes = (key: string) => rows(key, 3 * imageResolution ** 2);
    const pixels = { kind: 'pixels', reference: planes('reference_images'), target: planes('target_images') } as const;
    const features = {
      kind: 'features',
      reference: floats(io, 'image_features').subarray(0, 4 * embedDim),
      target: floats(io, 'image_features').map((value, i) => value * Math.cos(i)),
    } as const;
    const texts = tokenRows(io);

    /** Two steps that leave the weights as they are, so that gradients can be compared, and one that does not. */
    async function steps(
      encoder: TunedEncoder,
      images: typeof pixels | typeof features,
      settings: Partial<Stage1Settings>,
    ) {
      const clip = await uploadClip(device, model, isTuned(encoder));
      const stage = new Stage1(device, model.config, clip, { batch: 4, ...settings });
      const losses: number[] = [];
      const step = async (learningRate: number) => {
        const run = await stage.prepare(images, texts);
        losses.push(await run(stage.adam.hyper({ learningRate, weightDecay: 0, step: losses.length + 1 })));
      };
      await step(0);
      await step(0);
      const gradients = await stage.adam.moments.m.read(); // 0.19 times the gradients
      await step(1e-3);
      const weights = await clip.trained.read();
      await stage.dispose();
      clip.dispose();
      return { losses, gradients, weights };
    }

    type Result = Awaited<ReturnType<typeof steps>>;

    async function expectSame(found: Result, expected: Result): Promise<void> {
      for (const [i, loss] of found.losses.entries()) expect(loss / expected.losses[i]).toBeCloseTo(1, 5);
      expect([...found.gradients.keys()]).toEqual([...expected.gradients.keys()]);
      for (const [tensor, values] of found.gradients) {
        if (tensor === IGNORED_BIAS) continue;
        const tolerance = TOLERANCE[name][isVisual(tensor) ? 'image' : 'text'];
        expect(relativeDifference(values, expected.gradients.get(tensor)!), tensor).toBeLessThan(tolerance);
        const [tuned, initial] = [found.weights.get(tensor)!, await model.tensors.get(tensor)!.read()];
        const way = relativeDifference(tuned, initial);
        expect(way, `${tensor} has moved`).toBeGreaterThan(1e-4);
        if (PARTLY_IGNORED.test(tensor)) continue;
        expect(relativeDifference(tuned, expected.weights.get(tensor)!), `${tensor}, tuned`).toBeLessThan(0.05 * way);
      }
    }

    function expectSameBits(found: Result, expected: Result): void {
      expect(found.losses).toEqual(expected.losses);
      for (const part of ['gradients', 'weights'] as const) {
        for (const [tensor, values] of expected[part])
          expect(relativeDifference(found[part].get(tensor)!, values), `${part}, ${tensor}`).toBe(0);
      }
    }

    it('tunes the text encoder, to the same numbers', async () => {
      await expectSame(await steps('text', features, { microBatch: 2 }), await steps('text', features, {}));
      // The pixels give the loss of the original code.
      const { losses } = await steps('text', pixels, { microBatch: 1, trim: false });
      expect(losses[0] / floats(io, 'stage1.loss')[0]).toBeCloseTo(1, 3);
    });

    it('tunes the image encoder, to the same numbers', async () => {
      await expectSame(await steps('image', pixels, { microBatch: 1 }), await steps('image', pixels, {}));
    });

    it('tunes both, to the same numbers, and to the same bits with activations computed again', async () => {
      const whole = await steps('both', pixels, {});
      const parts = await steps('both', pixels, { microBatch: 2 });
      await expectSame(parts, whole);
      expectSameBits(await steps('both', pixels, { microBatch: 2, recompute: true }), parts);
    });
  });
}

it('take the memory that is planned for them', async () => {
  const model = readClipModel(await clipFixture('clip-vit'), { activation: 'quickgelu' });
  const { config } = model;
  for (const [microBatch, mixed] of [
    [4, false],
    [2, false],
    [4, true],
    [2, true],
  ] as const) {
    const settings = { batch: 4, trim: false, recompute: false, mixed };
    let taken = 0;
    const { gpu } = device;
    const create = gpu.createBuffer;
    const counting = (descriptor: GPUBufferDescriptor) => {
      if ((descriptor.usage & 0x1) === 0) taken += descriptor.size; // all but those for reading back
      return create.call(gpu, descriptor);
    };
    Object.defineProperty(gpu, 'createBuffer', { configurable: true, value: counting });
    const clip = await uploadClip(device, model, isTuned('both'));
    const stage = new Stage1(device, config, clip, { ...settings, microBatch });
    const blank = Array(4).fill(new Float32Array(3 * config.imageResolution ** 2));
    const run = await stage.prepare({ kind: 'pixels', reference: blank, target: blank }, Array(4).fill([1, 2]));
    await run(stage.adam.hyper({ learningRate: 1e-3, weightDecay: 0, step: 1 }));
    Reflect.deleteProperty(gpu, 'createBuffer');
    await stage.dispose();
    clip.dispose();
    const { capabilities } = device;
    const plan = { ...settings, config, entries: entriesOf(model), encoder: 'both', images: 'pixels' } as const;
    const { total } = stage1Memory({ ...plan, capabilities }, microBatch);
    expect(taken).toBeGreaterThanOrEqual(total);
    expect(taken).toBeLessThan(1.01 * total); // the optimizer's parameters are not planned
  }
});

it('must divide the batch', async () => {
  const model = readClipModel(await clipFixture('clip-vit'), { activation: 'quickgelu' });
  const clip = await uploadClip(device, model, isTuned('text'));
  expect(() => new Stage1(device, model.config, clip, { batch: 8, microBatch: 3 })).toThrow(
    'a micro-batch of 3 does not divide the batch of 8',
  );
  clip.dispose();
});
