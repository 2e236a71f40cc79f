// What a search needs compiled is compiled before its weights are there.
import { createTokenizer, initialVit, type RawImage, readVocabulary } from '@webcir/clip';
import { type CombinerModel, combinerEntries, initialCombiner } from '@webcir/combiner';
import { openDevice } from '@webcir/kernels';
import { uniform } from '@webcir/kernels/cases';
import { expect, it } from 'vitest';
import { Retriever } from '../src/index.ts';
import { readModels } from '../src/read-models.ts';
import { compileSearchAhead } from '../src/search-ahead.ts';

const random = uniform(7);
const tokenizer = createTokenizer(await readVocabulary(await vocabulary()));
const ids = [...new Set([tokenizer.startOfText, ...tokenizer.encode('a longer dress'), tokenizer.endOfText])];
const text = { contextLength: 16, textWidth: 64, textLayers: 1, vocabulary: ids.sort((a, b) => a - b) };
const vision = { embedDim: 22, imageResolution: 16, visionWidth: 64, visionLayers: 1, patchSize: 8 };
const model = initialVit({ ...vision, ...text }, random);
const image: RawImage = { width: 20, height: 16, channels: 3, data: new Uint8Array(20 * 16 * 3).fill(90) };

function combinerOf(featureDim: number): CombinerModel {
  const config = { featureDim, projectionDim: 32, hiddenDim: 64 };
  const weights = initialCombiner(config, random);
  const tensors = combinerEntries(config).map(
    ({ name, shape }) => [name, { shape, read: async () => weights.get(name)! }] as const,
  );
  return { config, tensors: new Map(tensors) };
}

async function vocabulary(): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL('../../clip/assets/clip-vocabulary.txt.gz', import.meta.url);
  if (typeof process === 'undefined') return new Uint8Array(await (await fetch(url)).arrayBuffer());
  const { readFile } = await import('node:fs/promises');
  return new Uint8Array(await readFile(url));
}

it.each([
  ['with a Combiner', combinerOf(22)],
  ['without', undefined],
])('leaves nothing to compile to a gallery and a search %s', async (_, combiner) => {
  const device = await openDevice();
  await compileSearchAhead(device, await readModels({ clip: model, combiner, tokenizer }));
  const compiled: string[] = [];
  const original = device.gpu.createComputePipelineAsync.bind(device.gpu);
  device.gpu.createComputePipelineAsync = (descriptor) => {
    compiled.push(descriptor.label ?? '');
    return original(descriptor);
  };
  const retriever = await Retriever.load({ clip: model, combiner, tokenizer, device });
  const names = Array.from({ length: 70 }, (_, i) => `image ${i}`);
  const gallery = await retriever.restore(
    names,
    Float32Array.from({ length: 70 * 22 }, () => random()),
  );
  for (const shown of [image, 'image 3'])
    expect(await retriever.search(gallery, { image: shown, text: 'a longer dress' })).toHaveLength(10);
  expect(compiled).toEqual([]);
  await gallery.dispose();
  await retriever.dispose();
  device.close();
});

it('rejects for a Combiner of another width', async () => {
  const device = await openDevice();
  const encoders = { clip: model, given: model, combiner: combinerOf(24) };
  await expect(compileSearchAhead(device, encoders)).rejects.toThrow('expected');
  device.close();
});
