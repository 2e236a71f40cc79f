// A weight file of a gigabyte goes to the device tensor by tensor.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLIP_IMAGE, type ClipConfig } from '../src/config.ts';
import { storeClipModel } from '../src/model/model.ts';
import { weightShapes } from '../src/model/shapes.ts';
import { openWeights, writeFileAtomic, writeSafetensorsFile } from '../src/node.ts';
import { elementsOf } from '../src/weights/dtype.ts';
import { torchZipPieces } from '../src/weights/torch/torch-write.ts';

/**
 * ViT-L/14's text encoder, whose token table is larger than what lavapipe binds, and as many of its image layers as
 * make a gigabyte.
 */
const config: ClipConfig = {
  family: 'clip',
  embedDim: 768,
  imageResolution: 224,
  vision: { kind: 'vit', layers: 11, width: 1024, heads: 16, patchSize: 14, mlpWidth: 4096 },
  contextLength: 77,
  vocabularySize: 49408,
  textWidth: 768,
  textHeads: 12,
  textLayers: 12,
  textMlpWidth: 3072,
  activation: 'quickgelu',
  layerNormEpsilon: 1e-5,
  image: CLIP_IMAGE,
};
const shapes = weightShapes(config);
const sizes = [...shapes.values()].map((shape) => 4 * elementsOf(shape));
const modelBytes = sizes.reduce((sum, size) => sum + size, 0);
const largest = Math.max(...sizes);
const MB = 1e6;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-memory-'));
});
afterAll(() => rm(folder, { recursive: true }));

const tensorsOf = () => {
  const pattern = Float32Array.from({ length: largest / 4 }, (_, i) => (i % 1024) / 512 - 1);
  return new Map(
    [...shapes].map(([name, shape]) => [name, { shape, read: async () => pattern.subarray(0, elementsOf(shape)) }]),
  );
};

async function measure(path: string): Promise<void> {
  expect((await stat(path)).size).toBeGreaterThan(1000 * MB);
  const script = fileURLToPath(new URL('upload-memory.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, path]);
  const { peak, sample, before } = JSON.parse(stdout);
  expect(sample).toEqual([-1, -1 + 1 / 512, -1 + 2 / 512, -1 + 3 / 512]);
  console.log(
    `${path}: model ${modelBytes / MB} MB, largest tensor ${largest / MB} MB, ` +
      `before ${before / MB} MB, peak ${peak / MB} MB`,
  );
  expect(peak).toBeLessThan(modelBytes + largest + 256 * MB);
}

test('the peak stays below the model, its largest tensor and 256 MB: safetensors and PyTorch', async () => {
  const safetensors = join(folder, 'large.safetensors');
  await writeSafetensorsFile(safetensors, storeClipModel({ config, tensors: tensorsOf() }, 'F32'));
  await measure(safetensors);
  const pt = join(folder, 'large.pt');
  await writeFileAtomic(pt, torchZipPieces((await openWeights(safetensors)).tensors, { epoch: 1, className: 'CLIP' }));
  await rm(safetensors);
  await measure(pt);
}, 240_000);
