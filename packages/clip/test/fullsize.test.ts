// Both kinds of CLIP at published sizes, with random weights: the encoders on the device against plain loops in
// float64. The reference fixtures are small; here kernels meet the shapes, the numbers of dispatches and the buffers of
// real use.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { compile, type HostArray, input, openDevice, type Tensor } from '@webcir/kernels';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type ClipModel,
  encodeImage,
  encodeText,
  foldBatchNorm,
  isVisual,
  lengthFor,
  normalizePixels,
  packTokens,
  preprocess,
  readClipModel,
  textTokenizer,
  uploadClip,
  type Weights,
} from '../src/index.ts';
import { loadTokenizer } from '../src/node.ts';
import { plainResnet, plainText, plainVit } from './plain/encoders.ts';
import { calibrateBatchNorm, randomClip, randomNumbers, smoothImage, tensorsOf } from './plain/random-clip.ts';
import { clipFixture, floats, nhwc, relativeDifference, tokenRows } from './reference.ts';

const device = await openDevice();
afterAll(() => device.close());
const tokenizer = await loadTokenizer();

const stateShapes = readFileSync(new URL('fixtures/state-shapes.json.gz', import.meta.url));
const shapes = JSON.parse(gunzipSync(stateShapes).toString()) as Record<string, Record<string, number[]>>;

const captions = [
  'is red',
  'has longer sleeves',
  'is a shorter, darker dress with a floral print',
  'more colorful',
  'same shoe but in black leather with a higher heel and a pointed toe',
  'has no dog and a wooden table in the background',
  'has a V-neck',
  'the two animals stand in the snow instead of lying on the grass, and one of them looks at the camera',
];

/** Soft images of different shapes, preprocessed and normalized: [3, size, size] each. */
function images(count: number, size: number, seed: number): Float32Array[] {
  const random = randomNumbers(seed);
  const side = () => Math.round(300 + 100 * random());
  return Array.from({ length: count }, () =>
    normalizePixels(preprocess(smoothImage(random, side(), side()), { transform: 'targetpad', size })),
  );
}

const planes = (image: Float32Array, size: number) => ({
  ...{ channels: 3, height: size, width: size },
  data: Float64Array.from(image),
});

/** Runs an encoder of a model once. @returns the features, a row each */
async function encode(
  model: ClipModel,
  encoder: 'image' | 'text',
  inputs: Readonly<Record<string, HostArray>>,
  features: (weights: Weights) => Tensor,
): Promise<Float32Array[]> {
  const tensors = new Map([...model.tensors].filter(([name]) => isVisual(name) === (encoder === 'image')));
  const clip = await uploadClip(device, { ...model, tensors });
  const program = await compile(device, { outputs: { features: features(clip.weights) } });
  const found = await program.runAndRead(inputs, ['features']);
  program.dispose();
  clip.dispose();
  const { embedDim } = model.config;
  return Array.from({ length: found.features.length / embedDim }, (_, i) =>
    found.features.subarray(i * embedDim, (i + 1) * embedDim),
  );
}

function encodeImages(model: ClipModel, batch: readonly Float32Array[]): Promise<Float32Array[]> {
  const { config } = model;
  const size = config.imageResolution;
  const pixels = new Float32Array(batch.length * 3 * size * size);
  for (const [i, image] of batch.entries()) pixels.set(nhwc(image, size), i * image.length);
  return encode(model, 'image', { pixels }, (weights) =>
    encodeImage(input('pixels', [batch.length, size, size, 3]), weights, config),
  );
}

function encodeTexts(model: ClipModel, rows: readonly (readonly number[])[]): Promise<Float32Array[]> {
  const { config } = model;
  const { tokens, eotPositions, length } = packTokens(rows, lengthFor(rows, config.contextLength));
  return encode(model, 'text', { tokens, eotPositions }, (weights) =>
    encodeText(
      input('tokens', [rows.length, length], 'u32'),
      input('eotPositions', [rows.length], 'u32'),
      weights,
      config,
    ),
  );
}

const expectAgreement = (found: Float32Array, plain: Float64Array, label: string) =>
  expect(relativeDifference(found, Float32Array.from(plain)), label).toBeLessThan(1e-4);

/** Agreement would mean little between features that are all alike. */
function expectDistinct(features: readonly Float32Array[]): void {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  for (const [i, a] of features.entries()) {
    for (const b of features.slice(0, i)) expect(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))).toBeLessThan(0.99);
  }
}

describe('the plain loops agree with PyTorch', () => {
  it.each([
    { name: 'clip-vit', plainImage: plainVit },
    { name: 'clip-rn', plainImage: plainResnet },
  ])('on $name', async ({ name, plainImage }) => {
    const model = readClipModel(await clipFixture(name), { activation: 'quickgelu' });
    const io = await clipFixture(`${name}.io`);
    const tensors = await tensorsOf(model);
    const { imageResolution: size, embedDim } = model.config;
    const first = (key: string, length: number) => floats(io, key).subarray(0, length);
    const image = planes(first('reference_images', 3 * size * size), size);
    expectAgreement(first('image_features', embedDim), plainImage(image, tensors), 'image');
    expectAgreement(first('text_features', embedDim), plainText(tokenRows(io)[0], tensors), 'text');
  });
});

describe.each([
  { name: 'ViT-B-32', plainImage: plainVit, checked: [2, 7] },
  { name: 'RN50x4', plainImage: plainResnet, checked: [5] },
])('$name', { timeout: 300_000 }, ({ name, plainImage, checked }) => {
  it('agrees with plain loops on images and texts', async () => {
    const model = randomClip(new Map(Object.entries(shapes[name])), 1);
    const { imageResolution: size, vision } = model.config;
    if (vision.kind === 'resnet') {
      const small = images(6, 64, 2).map((image) => planes(image, 64));
      await calibrateBatchNorm(model, small);
    }
    const tensors = await tensorsOf(model);

    const shown = images(8, size, 3);
    const features = await encodeImages(foldBatchNorm(model), shown);
    expectDistinct(features);
    const plain = checked.map((image) => plainImage(planes(shown[image], size), tensors));
    for (const [i, image] of checked.entries()) expectAgreement(features[image], plain[i], `image ${image}`);
    if (vision.kind === 'resnet') {
      const [unfolded] = await encodeImages(model, [shown[checked[0]]]);
      expectAgreement(unfolded, plain[0], 'with BatchNorm');
    }

    const tokenize = textTokenizer(model, tokenizer);
    const rows = captions.map((caption) => tokenize(caption).rows);
    const texts = await encodeTexts(model, rows);
    expectDistinct(texts);
    for (const text of [1, 6]) expectAgreement(texts[text], plainText(rows[text], tensors), captions[text]);
  });
});
