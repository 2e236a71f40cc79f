// Drives `webcir weights inspect|convert` and `webcir encode`, as built, on the containers of the original code.
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type ClipModel, fromFloat32, readFloat32, textTokenizer, uploadClip, type WeightFile } from '@webcir/clip';
import { loadTokenizer, openClipModel, openWeights, writeSafetensorsFile } from '@webcir/clip/node';
import { openEmbeddedFromPackage } from '@webcir/data/node';
import { clip as smallClip } from '@webcir/embedded';
import { openDevice } from '@webcir/kernels';
import { TextEncoderPrograms } from '@webcir/retrieval';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Retriever } from '../src/node.ts';
import { cli, runIn } from './run-cli.ts';

const fixtures = new URL('../../clip/test/fixtures/', import.meta.url);
const clipVit = fileURLToPath(new URL('clip-vit.safetensors', fixtures));
let folder: string;
const webcir = (...args: string[]) => runIn(folder, cli, ...args);
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'webcir-weights-'));
  for (const name of ['openai-rn.pt', 'openai-vit.pt', 'tuned_clip_vit.pt', 'combiner-legacy.pt']) {
    await writeFile(path(name), gunzipSync(await readFile(new URL(`containers/${name}.gz`, fixtures))));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('webcir weights inspect', () => {
  it.each([
    [
      'openai-rn.pt',
      [/PyTorch \(TorchScript\), 1\.3 MB/, /ModifiedResNet, 2-1-2-1 blocks, width 8, 64 px/, /Activation +quickgelu/],
    ],
    [
      'tuned_clip_vit.pt',
      [
        /PyTorch \(zip\)/,
        /epoch +3/,
        /class +CLIP/,
        /ViT, 2 layers, width 128/,
        /2 layers, width 128, 2 heads, 77 positions/,
      ],
    ],
    [
      'combiner-legacy.pt',
      [/PyTorch \(before 1\.6\)/, /Combiner of 96 features/, /projections 160, hidden layers 224/],
    ],
  ])('tells what %s holds', async (name, facts) => {
    const { code, stdout } = await webcir('weights', 'inspect', name);
    expect(code).toBe(0);
    for (const fact of facts) expect(stdout).toMatch(fact);
  });

  it('lists tensors, and says when the activation is not known', async () => {
    const { code, stdout } = await webcir('weights', 'inspect', clipVit, '--tensors');
    expect(code).toBe(0);
    expect(stdout).toMatch(/Activation +not said by the file: quickgelu, gelu, gelu_tanh\? \(--activation\)/);
    expect(stdout).toMatch(/visual\.conv1\.weight +F16 +\[128, 3, 16, 16\]/);
  });
});

describe('webcir weights convert', () => {
  async function expectSameValues(a: WeightFile, b: WeightFile): Promise<void> {
    expect([...a.tensors.keys()].sort()).toEqual([...b.tensors.keys()].sort());
    for (const [name, tensor] of a.tensors) {
      const [found, expected] = [await readFloat32(tensor), await readFloat32(b.tensors.get(name)!)];
      expect(Buffer.compare(Buffer.from(found.buffer), Buffer.from(expected.slice().buffer)), name).toBe(0);
    }
  }

  it("writes OpenAI's ResNet as CLIP4Cir's checkpoint and back, and loses nothing", async () => {
    for (const [from, to, more] of [
      ['openai-rn.pt', 'rn.safetensors', []],
      ['rn.safetensors', 'rn.pt', []],
      ['rn.pt', 'half.safetensors', ['--dtype', 'F16']],
    ] as const) {
      const { code, stdout, stderr } = await webcir('weights', 'convert', from, to, ...more);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/^CLIP, 164 tensors in F/);
    }
    const [original, checkpoint, half] = await Promise.all(
      ['openai-rn.pt', 'rn.pt', 'half.safetensors'].map((name) => openWeights(path(name))),
    );
    // BatchNorm's counters too, which PyTorch's load_state_dict asks for.
    await expectSameValues(checkpoint, original);
    expect(Object.fromEntries(checkpoint.metadata)).toEqual({ epoch: '0', class: 'CLIP' });
    expect(half.metadata.get('webcir.activation')).toBe('quickgelu');
    for (const { dtype } of half.tensors.values()) expect(dtype).toBe('F16');
  });

  it('writes a Combiner from before PyTorch 1.6 as one of today, with its epoch', async () => {
    expect((await webcir('weights', 'convert', 'combiner-legacy.pt', 'combiner.pt')).code).toBe(0);
    const [before, after] = await Promise.all(
      ['combiner-legacy.pt', 'combiner.pt'].map((name) => openWeights(path(name))),
    );
    await expectSameValues(after, before);
    expect(Object.fromEntries(after.metadata)).toEqual({ epoch: '5', class: 'Combiner' });
  });

  it('gives the small CLIP of the embedded set, and so those tuned from it, a row for every token in a .pt', async () => {
    const small = await openClipModel(fileURLToPath(smallClip));
    const { code, stdout, stderr } = await webcir('weights', 'convert', fileURLToPath(smallClip), 'small.pt');
    expect([code, stderr]).toEqual([0, '']);
    const { length } = small.vocabulary!;
    expect(stdout).toMatch(`It knows ${length} of CLIP's 49408 tokens: in small.pt the rows of the others are zero`);
    const whole = await openClipModel(path('small.pt'));
    expect(whole.vocabulary).toBeUndefined();
    expect(whole.config).toEqual({ ...small.config, vocabularySize: 49_408 });
    const features = async (model: ClipModel): Promise<Float32Array> => {
      const clip = await uploadClip(device, model);
      const encoder = new TextEncoderPrograms(device, model.config, clip.weights);
      const tokens = textTokenizer(model, await loadTokenizer());
      const encoded = await encoder.encode([tokens('is darker and has long sleeves').rows]);
      await encoder.dispose();
      clip.dispose();
      return encoded;
    };
    const device = await openDevice();
    expect(await features(whole)).toEqual(await features(small));
    device.close();
    for (const [name, tensor] of small.tensors) {
      if (name !== 'token_embedding.weight') expect(await whole.tensors.get(name)!.read()).toEqual(await tensor.read());
    }
  });

  it('makes a CLIP light, which then searches as any other and is not trained', async () => {
    const made = await webcir('weights', 'convert', fileURLToPath(smallClip), 'light.safetensors', '--storage', 'int8');
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(made.stdout).toMatch(/^CLIP, \d+ tensors in int8 and F32: light\.safetensors, [\d.]+ [kM]B\n/);
    expect(made.stdout).toMatch(/^text +[\d.]+ [kM]B {2}\([\d.]+ [kM]B in F32\)\ntoken table +.*\nimage +/m);
    expect(made.stdout).toMatch(/^Not in int8, beside vectors: .*text_projection/m);
    expect(made.stdout).toMatch(/^The row that lost the most is off by [01]\.\d\d %: row \d+ of /m);
    const { stdout } = await webcir('weights', 'inspect', 'light.safetensors');
    expect(stdout).toMatch(/^webcir\.storage +int8$/m);
    expect(stdout).toMatch(/^Storage +int8, for searching: text [\d.]+ [kM]B, token table [\d.]+ kB, image /m);

    await writeFile(path('words.txt'), 'is red\nhas no sleeves\n');
    const encode = (...more: string[]) => webcir('encode', '--texts', 'words.txt', ...more);
    expect((await encode('--out', 'before.safetensors')).code).toBe(0);
    expect((await encode('--out', 'after.safetensors', '--clip-model-path', 'light.safetensors')).code).toBe(0);
    const [before, after] = await Promise.all(
      ['before', 'after'].map(async (name) => {
        const { tensors } = await openWeights(path(`${name}.safetensors`));
        return readFloat32(tensors.get('text_features')!);
      }),
    );
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    expect(dot(before, after) / Math.sqrt(dot(before, before) * dot(after, after))).toBeGreaterThan(0.999);
    expect(after).not.toEqual(before);

    const retriever = await Retriever.load({ clip: path('light.safetensors'), autotune: false });
    const embedded = await openEmbeddedFromPackage();
    const ids = embedded.gallery('val', 'dress').slice(0, 4);
    const images = await Promise.all(ids.map(async (id) => [id, await embedded.image(id)] as const));
    const gallery = await retriever.index(images);
    expect(await retriever.search(gallery, { image: ids[1], text: 'is darker' })).toHaveLength(4);
    await gallery.dispose();
    await retriever.dispose();

    for (const refused of [
      ['weights', 'convert', 'light.safetensors', 'again.safetensors'],
      ['weights', 'convert', 'light.safetensors', 'again.safetensors', '--storage', 'int8'],
      ['train', '--clip-model-path', 'light.safetensors', '--name', 'light'],
    ]) {
      const { code, stderr } = await webcir(...refused);
      expect(code).toBe(1);
      expect(stderr).toMatch(/light weights \(int8\) are for searching alone: take the file that they were made of\.$/);
    }
    expect(existsSync(path('again.safetensors'))).toBe(false);
    expect(existsSync(path('runs/light'))).toBe(false);
  });

  it('reads a Combiner that was saved from DistributedDataParallel', async () => {
    const combiner = await openWeights(path('combiner-legacy.pt'));
    const tensors = new Map([...combiner.tensors].map(([name, tensor]) => [`module.${name}`, tensor]));
    await writeSafetensorsFile(path('parallel.safetensors'), { tensors, metadata: new Map() });
    expect((await webcir('weights', 'convert', 'parallel.safetensors', 'single.safetensors')).code).toBe(0);
    await expectSameValues(await openWeights(path('single.safetensors')), combiner);
  });
});

it('webcir encode writes the features of images and texts', async () => {
  const { gallery, image } = await openEmbeddedFromPackage();
  await mkdir(path('images'));
  const ids = gallery('val', 'dress').slice(0, 3);
  for (const id of ids) {
    const { width, height, data } = await image(id);
    await sharp(data, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(path(`images/${id}.png`));
  }
  await writeFile(path('texts.txt'), '\ufeffis red\rhas no sleeves\r\n');
  const { code, stderr } = await webcir(
    'encode',
    'images',
    '--texts',
    'texts.txt',
    '--out',
    'made/features.safetensors',
  );
  expect([code, stderr]).toEqual([0, '']);
  const { tensors, metadata } = await openWeights(path('made/features.safetensors'));
  expect(tensors.get('image_features')!.shape).toEqual([3, 128]);
  expect(tensors.get('text_features')!.shape).toEqual([2, 128]);
  expect(JSON.parse(metadata.get('image_names')!)).toEqual(ids.toSorted().map((id) => `images/${id}.png`));
  expect(JSON.parse(metadata.get('texts')!)).toEqual(['is red', 'has no sleeves']);
  const values = await readFloat32(tensors.get('image_features')!);
  expect(Math.hypot(...values.subarray(0, 128))).toBeGreaterThan(0.1);
  expect(values.subarray(0, 128)).not.toEqual(values.subarray(128, 256));
  const retriever = await Retriever.load({ autotune: false });
  const names = JSON.parse(metadata.get('image_names')!);
  const restored = await retriever.restore(names, values, metadata.get('fingerprint'));
  expect(await retriever.search(restored, { image: names[1], text: 'is darker' })).toHaveLength(3);
  await restored.dispose();
  await retriever.dispose();
});

it('webcir encode refuses a CLIP with a value that is not a number, and writes nothing', async () => {
  const { tensors, metadata } = await openWeights(fileURLToPath(smallClip));
  const { shape } = tensors.get('visual.proj')!;
  const spoilt = fromFloat32(await readFloat32(tensors.get('visual.proj')!), shape);
  new Float32Array(spoilt.bytes.buffer)[7] = Number.NaN;
  const content = { tensors: new Map([...tensors, ['visual.proj', spoilt]]), metadata };
  await writeSafetensorsFile(path('spoilt.safetensors'), content);
  const encode = [
    'encode',
    'images',
    '--clip-model-path',
    'spoilt.safetensors',
    '--out',
    'spoilt-features.safetensors',
  ];
  const { code, stderr } = await webcir(...encode);
  expect([code, stderr]).toEqual([
    1,
    'error: CLIP weights: visual.proj: expected finite values, found NaN at place 7: ' +
      'the file is damaged, or of a training run that diverged.',
  ]);
  expect(existsSync(path('spoilt-features.safetensors'))).toBe(false);
});

it('webcir encode takes a model that was pulled, by its name', async () => {
  await mkdir(path('cache/weights'), { recursive: true });
  await writeFile(path('cache/weights/ViT-B-32.pt'), await readFile(path('openai-vit.pt')));
  const encode = ['encode', 'images', '--clip-model-name', 'vit-b/32', '--out', 'named.safetensors'];
  const { code, stdout } = await webcir(...encode);
  expect(code).toBe(0);
  expect(stdout).toContain('3 images and 0 texts, 96 features each');
  const failed = await webcir(...encode, '--texts', 'texts.txt');
  expect(failed.stderr).toContain('the model has 512 tokens, the tokenizer 49408');
});

describe('bad input ends in one sentence and exit code 1:', () => {
  it.each<[string, string[], RegExp]>([
    ['a file that is not there', ['weights', 'inspect', 'no.pt'], /no\.pt: there is no such file/],
    ['a text for a weight file', ['weights', 'inspect', 'texts.txt'], /texts\.txt: expected a PyTorch file/],
    [
      'an unknown ending',
      ['weights', 'convert', 'openai-rn.pt', 'rn.onnx'],
      /rn\.onnx: expected a name that ends in \.safetensors or \.pt/,
    ],
    [
      'an activation that the file contradicts',
      ['weights', 'convert', 'openai-rn.pt', 'x.pt', '--activation', 'gelu'],
      /says that its activation is quickgelu, not gelu/,
    ],
    [
      'int8 for other programs',
      ['weights', 'convert', 'openai-vit.pt', 'light.pt', '--storage', 'int8'],
      /light\.pt: nobody else reads webcir's int8: name a file that ends in \.safetensors/,
    ],
    [
      'a Combiner in int8',
      ['weights', 'convert', 'combiner-legacy.pt', 'c.safetensors', '--storage', 'int8'],
      /combiner-legacy\.pt: is a Combiner, and small: only a CLIP is stored in int8/,
    ],
    [
      'a CLIP of another activation as .pt',
      ['weights', 'convert', clipVit, 'x.pt', '--activation', 'gelu'],
      /clip-vit\.safetensors: its activation is gelu, it has 2 and 2 heads.*its features would be wrong/,
    ],
    [
      'texts in Latin-1',
      ['encode', '--texts', 'latin1.txt', '--out', 'x.safetensors'],
      /latin1\.txt, line 2: is not UTF-8 text; save the file as UTF-8/,
    ],
    ['nothing to encode', ['encode', '--out', 'x.safetensors'], /nothing to encode/],
    [
      'a model that was not pulled',
      ['encode', 'images', '--clip-model-name', 'RN50x4', '--out', 'x.safetensors'],
      /RN50x4 is not in .*weights: get it with webcir weights pull RN50x4/,
    ],
    [
      'a model of the catalogue that was not pulled',
      ['encode', 'images', '--clip-model-name', 'google/siglip-base-patch16-224', '--out', 'x.safetensors'],
      /get it with webcir weights pull google\/siglip-base-patch16-224/,
    ],
    [
      'a name of no model',
      ['encode', 'images', '--clip-model-name', 'RN50x5', '--out', 'x.safetensors'],
      /'RN50x5' is invalid\. webcir models lists the names; others are of Hugging Face/,
    ],
    // The place of an output is looked at before anything else, such as the input that is missing here.
    ['a folder for a file', ['encode', 'nowhere.png', '--out', 'a-folder.pt'], /a-folder\.pt is a folder: name a file/],
    ['an output in a file', ['encode', 'nowhere.png', '--out', 'texts.txt/x'], /texts\.txt is not a folder/],
    ['a folder for weights', ['weights', 'convert', 'no.pt', 'a-folder.pt'], /a-folder\.pt is a folder: name a file/],
    [
      'a folder for scores',
      ['eval', '--dataset', 'circo', '--data', 'nowhere', '--json', 'a-folder.pt'],
      /a-folder\.pt is a folder: name a file/,
    ],
    [
      'a folder for a list',
      ['data', 'check', '--dataset', 'circo', '--data', 'nowhere', '--list', 'a-folder.pt'],
      /a-folder\.pt is a folder: name a file/,
    ],
    [
      'a folder for a submission that is a file',
      ['submit', 'circo', '--data', 'nowhere', '--submission-name', 'x', '--out', 'texts.txt'],
      /texts\.txt is not a folder/,
    ],
    ['a folder for a model', ['pretrain', '--out', 'a-folder.pt'], /a-folder\.pt is a folder: name a file/],
    [
      'weights to be fetched to a file',
      ['weights', 'pull', 'http://127.0.0.1:1/model.pt', '--out', 'texts.txt'],
      /texts\.txt cannot be written: .*texts\.txt is not a folder/,
    ],
    ['a run in a file', ['train', '--data', 'nowhere', '--out', 'texts.txt'], /texts\.txt is not a folder/],
    ['no such image', ['encode', 'nowhere.png', '--out', 'x.safetensors'], /nowhere\.png: there is no such image/],
    [
      'a text too long',
      ['encode', '--texts', 'long.txt', '--out', 'x.safetensors'],
      /a text has 82 tokens, the model reads at most 77/,
    ],
  ])('%s', async (_, args, message) => {
    await writeFile(path('texts.txt'), 'is red\n');
    await writeFile(path('latin1.txt'), Buffer.from('is red\ndéjà vu', 'latin1'));
    await mkdir(path('a-folder.pt'), { recursive: true });
    await writeFile(path('long.txt'), 'dress '.repeat(80));
    const { code, stderr } = await webcir(...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr.split('\n').length).toBeLessThanOrEqual(2);
  });
});
