import { encodeImage, encodeText, foldBatchNorm, isVisual, lengthFor, packTokens, uploadClip } from '@webcir/clip';
import { compile, type Device, input, vjp } from '@webcir/kernels';
import { numbers } from '../measure/numbers.ts';
import { readScalar } from '../measure/rounds.ts';
import type { Built } from './built.ts';
import { captions } from './captions.ts';
import { flopsOf } from './flops.ts';
import { configs, type ModelName, seededClip } from './models.ts';

/** Images through a model's image encoder, its BatchNorm folded. */
export async function buildImageEncoder(device: Device, name: ModelName, batch: number): Promise<Built> {
  const model = foldBatchNorm(seededClip(configs[name], isVisual));
  const clip = await uploadClip(device, model);
  const { imageResolution: size } = model.config;
  const pixels = input('pixels', [batch, size, size, 3]);
  const features = encodeImage(pixels, clip.weights, model.config);
  const program = await compile(device, { outputs: { features } });
  program.write({ pixels: numbers('pixels', batch * size * size * 3, 2) });
  return {
    async run(times) {
      for (let i = 0; i < times; i++) program.run();
      await readScalar(device, program.region('features'));
    },
    flops: flopsOf([features]),
    program,
    dispose() {
      program.dispose();
      clip.dispose();
    },
  };
}

/**
 * Captions through a model's text encoder.
 * @param backward whether the gradients of all its weights are computed, too
 * @param trim only as far as the longest caption; false: all 77 positions, as CLIP4Cir runs them
 */
export async function buildTextEncoder(
  device: Device,
  name: ModelName,
  { batch, backward, trim = true }: { batch: number; backward: boolean; trim?: boolean },
): Promise<Built> {
  const model = seededClip(configs[name], (tensor) => !isVisual(tensor) && tensor !== 'logit_scale');
  const clip = await uploadClip(device, model);
  const { embedDim, vocabularySize, contextLength } = model.config;
  const texts = captions(batch, vocabularySize);
  const length = trim ? lengthFor(texts, contextLength) : contextLength;
  const features = encodeText(
    input('tokens', [batch, length], 'u32'),
    input('eotPositions', [batch], 'u32'),
    clip.weights,
    model.config,
  );
  const cotangent = input('cotangent', [batch, embedDim]);
  const found = backward
    ? vjp(
        [features],
        [cotangent],
        [...model.tensors.keys()].map((tensor) => clip.weights(tensor)),
      )
    : [];
  const outputs = { features, ...Object.fromEntries(found.map((gradient, i) => [`gradient ${i}`, gradient])) };
  const program = await compile(device, { outputs });
  const { tokens, eotPositions } = packTokens(texts, length);
  program.write({ tokens, eotPositions, ...(backward ? { cotangent: numbers('cotangent', batch * embedDim) } : {}) });
  return {
    async run(times) {
      for (let i = 0; i < times; i++) program.run();
      await readScalar(device, program.region('features'));
    },
    flops: flopsOf(Object.values(outputs)),
    program,
    dispose() {
      program.dispose();
      clip.dispose();
    },
  };
}
