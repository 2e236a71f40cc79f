// `webcir encode` on models in the layouts of Hugging Face's hub, without any option: against plain loops in float64.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFloat32, textTokenizer } from '@webcir/clip';
import { decodeImage, loadTokenizer, openWeights } from '@webcir/clip/node';
import {
  configuredModel,
  configuredModels,
  plainImageFeature,
  plainPixels,
  plainTextFeature,
  writeConfigured,
} from '@webcir/clip/test/configured';
import { randomNumbers, smoothImage, tensorsOf } from '@webcir/clip/test/random-clip';
import { relativeDifference } from '@webcir/clip/test/reference';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, runIn } from './run-cli.ts';

let folder: string;
const path = (name: string) => join(folder, name);
const images = ['tall.png', 'wide.png'];
const texts = ['is red', 'has longer sleeves and a floral print'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-configured-'));
  const random = randomNumbers(5);
  for (const [i, name] of images.entries()) {
    const { data, width, height } = smoothImage(random, i === 0 ? 50 : 90, 70);
    await sharp(Buffer.from(data), { raw: { width, height, channels: 3 } }).toFile(path(name));
  }
  await writeFile(path('texts.txt'), texts.join('\n'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(configuredModels)('$name', (configured) => {
  it('gives the features that its configuration asks for', async () => {
    await writeConfigured(path('model'), configured);
    const { code, stderr } = await runIn(
      folder,
      cli,
      ...['encode', ...images, '--texts', 'texts.txt', '--clip-model-path', 'model', '--out', 'out.safetensors'],
      '--no-autotune',
    );
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const file = await openWeights(path('out.safetensors'));
    const rowsOf = async (name: string) => {
      const values = await readFloat32(file.tensors.get(name)!);
      return [0, 1].map((row) => values.subarray(row * 64, (row + 1) * 64));
    };
    const model = configuredModel(configured);
    const tensors = await tensorsOf(model);
    for (const [i, feature] of (await rowsOf('image_features')).entries()) {
      const pixels = plainPixels(configured, await decodeImage(path(images[i])));
      const plain = Float32Array.from(plainImageFeature(configured, pixels, tensors));
      expect(relativeDifference(feature, plain), images[i]).toBeLessThan(1e-4);
    }
    const tokenize = textTokenizer(model, await loadTokenizer());
    for (const [i, feature] of (await rowsOf('text_features')).entries()) {
      const plain = Float32Array.from(plainTextFeature(configured, tokenize(texts[i]).rows, tensors));
      expect(relativeDifference(feature, plain), texts[i]).toBeLessThan(1e-4);
    }
  });
});
