// The first step of stage 1 for each choice of the tuned encoder, on images, against the original PyTorch code.
import { readClipModel, uploadClip } from '@webcir/clip';
import { expectStage1Gradients, norm } from '@webcir/clip/test/gradients';
import { clipFixture, floats, tokenRows } from '@webcir/clip/test/reference';
import { openDevice } from '@webcir/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import { isTuned, Stage1, stage1Adam } from '../src/index.ts';

const device = await openDevice();
afterAll(() => device.close());

for (const name of ['clip-vit', 'clip-rn']) {
  describe(`the loss and every gradient of ${name}`, async () => {
    const model = readClipModel(await clipFixture(name), { activation: 'quickgelu' });
    const io = await clipFixture(`${name}.io`);
    const images = (key: string) => {
      const planes = floats(io, key);
      const size = planes.length / 4;
      return [0, 1, 2, 3].map((image) => planes.subarray(image * size, (image + 1) * size));
    };

    for (const encoder of ['text', 'image', 'both'] as const) {
      it(`with encoder ${encoder}`, async () => {
        const clip = await uploadClip(device, model, isTuned(encoder));
        const stage = new Stage1(device, model.config, clip, { batch: 4 });
        const batch = { reference: images('reference_images'), target: images('target_images') };
        const step = await stage.prepare({ kind: 'pixels', ...batch }, tokenRows(io));
        const loss = await step(stage.adam.hyper({ learningRate: 2e-4, weightDecay: 0.01, step: 1 }));
        expect(Math.abs(loss / floats(io, 'stage1.loss')[0] - 1)).toBeLessThan(1e-3);

        // Adam's first moment starts at zero: after one step it is the gradient times 1 - beta1.
        const gradients = new Map<string, Float32Array>();
        for (const [tensor, moment] of await stage.adam.moments.m.read())
          gradients.set(
            tensor,
            moment.map((value) => value / (1 - stage1Adam.beta1)),
          );
        await expectStage1Gradients(gradients, name);
        const tuned = (tensor: string) => io.tensors.has(`gradnorm.both.${tensor}`) && isTuned(encoder)(tensor);
        expect([...gradients.keys()].sort()).toEqual([...model.tensors.keys()].filter(tuned).sort());
        if (encoder !== 'both') {
          const total = Math.hypot(...[...gradients.values()].map(norm));
          expect(Math.abs(total / floats(io, `gradnorm.${encoder}`)[0] - 1)).toBeLessThan(1e-3);
        }
        await stage.dispose();
        clip.dispose();
      });
    }
  });
}
