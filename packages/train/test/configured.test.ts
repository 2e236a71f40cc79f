// The gradients of stage 1 on models whose configurations ask for other arithmetic than OpenAI's.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClipModel } from '@webcir/clip/node';
import {
  configuredModels,
  plainImageFeature,
  plainPixels,
  plainTextFeature,
  writeConfigured,
} from '@webcir/clip/test/configured';
import { randomNumbers, smoothImage } from '@webcir/clip/test/random-clip';
import { openDevice } from '@webcir/kernels';
import { afterAll, describe, it } from 'vitest';
import { expectPlainGradients } from './plain-gradients.ts';

const device = await openDevice();
const folder = await mkdtemp(join(tmpdir(), 'webcir-configured-'));
afterAll(async () => {
  device.close();
  await rm(folder, { recursive: true });
});

const texts = [
  [49406, 533, 736, 49407],
  [49406, 2503, 11, 12, 13, 49407],
];

describe.each(configuredModels)('$name', (configured) => {
  it('has the gradients that its configuration asks for', { timeout: 120_000 }, async () => {
    await writeConfigured(folder, configured);
    const random = randomNumbers(7);
    await expectPlainGradients(device, {
      model: await openClipModel(folder),
      pixels: [0, 1, 2, 3].map(() => plainPixels(configured, smoothImage(random, 70, 80))),
      texts,
      image: (pixels, tensors) => plainImageFeature(configured, pixels, tensors),
      text: (rows, tensors) => plainTextFeature(configured, rows, tensors),
    });
  });
});
