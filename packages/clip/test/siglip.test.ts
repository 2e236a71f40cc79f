// SigLIP in folders as they are on Hugging Face's hub, opened without any option, against plain loops in float64.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compile, input, openDevice } from '@webcir/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type ClipModel,
  encodeImage,
  encodeText,
  imagePlanes,
  lightClip,
  packTokens,
  preprocessOptions,
  readClipModel,
  storeClipModel,
  uploadClip,
} from '../src/index.ts';
import { openClipModel } from '../src/node.ts';
import { storedTensor } from '../src/weights/weight-file.ts';
import { randomNumbers, smoothImage, tensorsOf } from './plain/random-clip.ts';
import {
  plainSiglip,
  randomSiglip,
  type SiglipSizes,
  siglipTensors,
  smallSiglip,
  writeSiglip,
} from './plain/siglip.ts';
import { nhwc, relativeDifference } from './reference.ts';

const device = await openDevice();
const folder = await mkdtemp(join(tmpdir(), 'webcir-siglip-'));
afterAll(async () => {
  device.close();
  await rm(folder, { recursive: true });
});

const context = { contextLength: 64, vocabularySize: 500 };

/** Widths as published, fewer layers and tokens. so400m's images leave pixels over, as those of 384 pixels do. */
const published: Record<string, SiglipSizes> = {
  'B/16': { width: 768, heads: 12, mlpWidth: 3072, layers: 2, patchSize: 16, imageResolution: 224, ...context },
  so400m: { width: 1152, heads: 16, mlpWidth: 4304, layers: 1, patchSize: 14, imageResolution: 90, ...context },
};

/** Normalized images in the model's own preprocessing: [3, size, size] each. */
function imagesFor({ config, preprocessing }: ClipModel): Float32Array[] {
  const random = randomNumbers(7);
  const options = preprocessOptions(config, preprocessing!);
  return [200, 330].map((width) => imagePlanes(smoothImage(random, width, 260), options));
}

/** Texts of random tokens, the rest padded. */
function textsFor({ contextLength, vocabularySize }: SiglipSizes): number[][] {
  const random = randomNumbers(8);
  const token = () => 2 + Math.floor(((random() + 1) / 2) * (vocabularySize - 2));
  return [3, contextLength - 5].map((length) => [
    ...Array.from({ length }, token),
    ...Array<number>(contextLength - length).fill(1),
  ]);
}

async function features(model: ClipModel, images: readonly Float32Array[], texts: readonly (readonly number[])[]) {
  const { config } = model;
  const { imageResolution: size, contextLength, embedDim } = config;
  const clip = await uploadClip(device, model);
  const pixels = new Float32Array(images.length * 3 * size * size);
  for (const [i, image] of images.entries()) pixels.set(nhwc(image, size), i * image.length);
  const { tokens, eotPositions } = packTokens(texts, contextLength);
  const program = await compile(device, {
    outputs: {
      image: encodeImage(input('pixels', [images.length, size, size, 3]), clip.weights, config),
      text: encodeText(
        input('tokens', [texts.length, contextLength], 'u32'),
        input('eotPositions', [texts.length], 'u32'),
        clip.weights,
        config,
      ),
    },
  });
  const found = await program.runAndRead({ pixels, tokens, eotPositions }, ['image', 'text']);
  program.dispose();
  clip.dispose();
  const rows = (values: Float32Array) =>
    Array.from({ length: values.length / embedDim }, (_, i) => values.subarray(i * embedDim, (i + 1) * embedDim));
  return { image: rows(found.image), text: rows(found.text) };
}

describe.each(Object.entries(published))('SigLIP %s', { timeout: 120_000 }, (name, sizes) => {
  it('agrees with plain loops, opened by nothing but its folder', async () => {
    const random = randomSiglip(sizes, 3);
    const path = join(folder, name.replace('/', '-'));
    await writeSiglip(path, sizes, random);
    const model = await openClipModel(path);
    expect(model.config).toEqual(random.config);
    expect(model.preprocessing).toEqual({ transform: 'clip' });

    const { imageResolution: size } = sizes;
    const [tensors, plain] = [await tensorsOf(random), plainSiglip(sizes)];
    const [images, texts] = [imagesFor(model), textsFor(sizes)];
    const found = await features(model, images, texts);
    const planes = { channels: 3, height: size, width: size, data: Float64Array.from(images[1]) };
    const expected = { image: plain.image(planes, tensors), text: plain.text(texts[0], tensors) };
    expect(relativeDifference(found.image[1], Float32Array.from(expected.image))).toBeLessThan(1e-4);
    expect(relativeDifference(found.text[0], Float32Array.from(expected.text))).toBeLessThan(1e-4);
    // Agreement would mean little between features that are all alike.
    for (const [a, b] of [found.image, found.text]) expect(relativeDifference(a, b)).toBeGreaterThan(0.1);
  });
});

describe('a small SigLIP', async () => {
  // timm's names say how many heads there are: vit_base has 12.
  const sizes = { ...smallSiglip, width: 48, heads: 12 };
  const random = randomSiglip(sizes, 4);

  it("gives the same features to the bit from transformers' files and from open_clip's", async () => {
    const found = [];
    for (const project of ['huggingFace', 'openClip'] as const) {
      const path = join(folder, project);
      await writeSiglip(path, sizes, random, project);
      const model = await openClipModel(path);
      // Of both, open_clip alone takes the punctuation out of texts.
      expect(model.config).toEqual({ ...random.config, ...(project === 'openClip' && { canonicalText: true }) });
      expect([...model.tensors.keys()].sort()).toEqual([...random.tensors.keys()].sort());
      found.push(await features(model, imagesFor(model), textsFor(sizes)));
    }
    expect(found[1]).toEqual(found[0]);
  });

  it("is the same model in webcir's own file", async () => {
    const { config } = randomSiglip({ ...sizes, imageResolution: 34 }, 4); // leaves two pixels over
    const { tensors, metadata } = storeClipModel({ ...random, config }, 'F32');
    expect(readClipModel({ tensors, metadata })).toMatchObject({ config, preprocessing: { transform: 'clip' } });
  });
});

it('a light SigLIP has the features of its floats, near those of the model that it was made of', async () => {
  const random = randomSiglip(smallSiglip, 6);
  const model = readClipModel(storeClipModel((await lightClip(random)).model, 'F32'));
  expect([...model.tensors].filter(([, { readInt8 }]) => readInt8).map(([name]) => name)).toEqual(
    expect.arrayContaining([
      'token_embedding.weight',
      'visual.conv1.weight',
      'visual.attnpool.out_proj.weight',
      'visual.attnpool.mlp.c_fc.weight',
    ]),
  );
  const tensors = new Map([...model.tensors].map(([name, { shape, read }]) => [name, { shape, read }]));
  const [images, texts] = [imagesFor(model), textsFor(smallSiglip)];
  const found = await features(model, images, texts);
  const floats = await features({ ...model, tensors }, images, texts);
  const source = await features(random, images, texts);
  for (const side of ['image', 'text'] as const) {
    for (const [i, feature] of found[side].entries()) {
      expect(relativeDifference(feature, floats[side][i])).toBeLessThan(1e-5);
      expect(relativeDifference(feature, source[side][i])).toBeLessThan(0.03);
    }
  }
});

describe('a file that is no SigLIP', () => {
  const zeros = (...shape: number[]) => storedTensor('F32', shape, new Uint8Array(4 * shape.reduce((a, b) => a * b)));

  it.each<['huggingFace' | 'openClip', string, string]>([
    ['openClip', 'visual.trunk.stem.0.weight', 'visual.trunk.stem.0.weight: expected a name of timm'],
    ['openClip', 'visual.trunk.attn_pool.kv.weight', 'attn_pool.kv.weight: expected F32 [128, 64] as for the query'],
    ['openClip', 'visual.trunk.pos_embed', 'visual.trunk.pos_embed: expected size 1 in every axis but the last 2'],
    ['openClip', 'visual.head.proj.weight', 'visual.head.proj.weight: SigLIP has no such tensor'],
    ['huggingFace', 'vision_model.head.probe', 'head.probe: expected size 1 in every axis but the last one'],
    ['huggingFace', 'vision_model.head.classifier', "expected a name of Hugging Face's CLIPModel or SiglipModel"],
    ['huggingFace', 'text_model.head.bias', 'text_projection_bias: expected [64]'],
    ['huggingFace', 'visual.proj', "visual.proj: expected a name of Hugging Face's"],
  ])('is refused with, by %s names, another %s', async (project, name, message) => {
    const tensors = await siglipTensors(randomSiglip({ ...smallSiglip, width: 64, heads: 1 }, 5), project);
    tensors.set(name, zeros(2, 3, 5));
    const file = { tensors, metadata: new Map<string, string>() };
    expect(() => readClipModel(file, { activation: 'gelu_tanh' })).toThrow(message);
  });
});
