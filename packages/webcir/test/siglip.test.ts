// The real command, as built, on a small SigLIP in transformers' layout with nothing but its folder: features, both
// stages of training, and what is made of the run.
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { imagePlanes, preprocessOptions, readFloat32, textTokenizer } from '@webcir/clip';
import { decodeImage, openClipModel, openTokenizer, openWeights } from '@webcir/clip/node';
import { randomNumbers, smoothImage, tensorsOf } from '@webcir/clip/test/random-clip';
import { relativeDifference } from '@webcir/clip/test/reference';
import { plainSiglip, randomSiglip, smallSiglip, writeSiglip } from '@webcir/clip/test/siglip';
import { openEmbeddedFromPackage, writeFashionIq } from '@webcir/data/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Retriever } from '../src/node.ts';
import { cli, runIn } from './run-cli.ts';

// The small vocabulary has few whole words, so that captions take more tokens than they would.
const sizes = { ...smallSiglip, contextLength: 128, vocabularySize: 156 };
const model = randomSiglip(sizes, 9);
const tokenizerFile = fileURLToPath(new URL('../../clip/test/fixtures/siglip1.tokenizer.json', import.meta.url));

let folder: string;
const path = (name: string) => join(folder, name);
const webcir = (...args: string[]) => runIn(folder, cli, ...args);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-siglip-'));
  await writeSiglip(path('model'), sizes, model);
  await copyFile(tokenizerFile, path('model/tokenizer.json'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a command that is to succeed without a word of complaint. */
async function expectSuccess(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await webcir(...args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
}

it('encodes images, squashed, and texts to the features of plain loops', async () => {
  const random = randomNumbers(5);
  const images = ['tall.png', 'wide.png'];
  for (const [i, name] of images.entries()) {
    const { data, width, height } = smoothImage(random, i === 0 ? 50 : 90, 70);
    await sharp(Buffer.from(data), { raw: { width, height, channels: 3 } }).toFile(path(name));
  }
  const texts = ['Is RED!', 'has longer sleeves and a floral print'];
  await writeFile(path('texts.txt'), texts.join('\n'));
  const given = ['--texts', 'texts.txt', '--clip-model-path', 'model', '--out', 'out.safetensors', '--no-autotune'];
  await expectSuccess('encode', ...images, ...given);

  const file = await openWeights(path('out.safetensors'));
  const rowsOf = async (name: string) => {
    const values = await readFloat32(file.tensors.get(name)!);
    return [0, 1].map((row) => values.subarray(row * sizes.width, (row + 1) * sizes.width));
  };
  const [tensors, plain] = [await tensorsOf(model), plainSiglip(sizes)];
  const squashed = preprocessOptions(model.config, { transform: 'clip' });
  for (const [i, feature] of (await rowsOf('image_features')).entries()) {
    const data = Float64Array.from(imagePlanes(await decodeImage(path(images[i])), squashed));
    const pixels = { channels: 3, height: sizes.imageResolution, width: sizes.imageResolution, data };
    expect(relativeDifference(feature, Float32Array.from(plain.image(pixels, tensors))), images[i]).toBeLessThan(1e-4);
  }
  const tokenize = textTokenizer(model, await openTokenizer(path('model'), model));
  for (const [i, feature] of (await rowsOf('text_features')).entries()) {
    const expected = Float32Array.from(plain.text(tokenize(texts[i]).rows, tensors));
    expect(relativeDifference(feature, expected), texts[i]).toBeLessThan(1e-4);
  }
});

it('is told apart by weights inspect', async () => {
  expect(await expectSuccess('weights', 'inspect', 'model')).toMatch(
    /^Model +SigLIP, Hugging Face's names, 32 features$/m,
  );
});

it('is converted with its tokenizer, but not for CLIP4Cir, which has no SigLIP', async () => {
  await mkdir(path('converted'));
  const own = 'converted/siglip.safetensors';
  expect(await expectSuccess('weights', 'convert', 'model', own)).toContain(`SigLIP, ${model.tensors.size} tensors`);
  expect((await readdir(path('converted'))).sort()).toEqual(['siglip.safetensors', 'tokenizer.json']);
  expect((await openClipModel(path(own))).config).toEqual(model.config);
  const { code, stderr } = await webcir('weights', 'convert', 'model', 'siglip.pt');
  expect(code).toBe(1);
  expect(stderr).toContain("siglip.pt: CLIP4Cir's scripts know no SigLIP");
});

describe('a run of webcir train', () => {
  it('tunes a SigLIP in both stages, and has all that is needed to evaluate it and to search with it', async () => {
    await writeFashionIq(await openEmbeddedFromPackage(), path('fashionIQ_dataset'), { maxTriplets: 8 });
    const data = ['--dataset', 'fashioniq', '--data', path('fashionIQ_dataset')];
    const batches = ['--batch-size', '4', '--combiner-batch-size', '4', '--num-epochs', '1', '--combiner-epochs', '1'];
    const given = [
      '--clip-model-path',
      'model',
      '--encoder',
      'both',
      '--no-autotune',
      '--out',
      'runs',
      '--name',
      'own',
    ];
    const trained = await expectSuccess('train', ...data, ...batches, ...given);
    expect(trained).toContain('Combiner after stage 2');
    expect(trained).toContain(
      "Images are prepared as the model has it (clip); CLIP4Cir's way is --transform targetpad",
    );
    const run = path('runs/own');
    expect(await readdir(run)).toEqual(expect.arrayContaining(['clip.safetensors', 'tokenizer.json']));
    await rm(path('model'), { recursive: true });

    const evaluated = await expectSuccess('eval', '--run', run, '--no-autotune');
    expect(evaluated).toContain('Combiner');
    expect(evaluated).not.toContain('Images are prepared');
    const retriever = await Retriever.load({ run, autotune: false });
    expect(retriever.config).toEqual(model.config);
    const image = smoothImage(randomNumbers(3), 40, 60);
    const gallery = await retriever.index(new Map([['one', image]]));
    expect(await retriever.search(gallery, { image, text: 'is red', k: 1 })).toMatchObject([{ id: 'one' }]);
    await expect(retriever.search(gallery, { image, text: '!' })).rejects.toThrow(
      'text: expected how the wanted image',
    );
    await gallery.dispose();
    await retriever.dispose();
    retriever.device.close();
  }, 240_000);
});

it('says which file is missing where there is no tokenizer', async () => {
  await writeSiglip(path('bare'), sizes, model);
  const { code, stderr } = await webcir('encode', '--texts', 'texts.txt', '--clip-model-path', 'bare', '--out', 'o');
  expect(code).toBe(1);
  expect(stderr).toContain(`${join('bare', 'tokenizer.json')}: there is no such file`);
});
