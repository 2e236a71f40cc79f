// Weights under other names, in shards, and in the layouts of Hugging Face's hub, all made of the reference ViT.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type ClipModel, readClipModel } from '../src/model/model.ts';
import { openClipModel, openWeights, writeSafetensorsFile } from '../src/node.ts';
import { elementsOf } from '../src/weights/dtype.ts';
import { toOpenAiNames } from '../src/weights/names/names.ts';
import { type StoredTensor, storedTensor } from '../src/weights/weight-file.ts';
import { asHuggingFace } from './plain/hugging-face.ts';
import { clipFixture } from './reference.ts';

type Tensors = Map<string, StoredTensor>;

const openAi: Tensors = new Map((await clipFixture('clip-vit')).tensors);
const folder = await mkdtemp(join(tmpdir(), 'webcir-names-'));
afterAll(() => rm(folder, { recursive: true }));

const noMetadata = new Map<string, string>();

const withPrefix = (prefix: string, only: (name: string) => boolean): Tensors =>
  new Map([...openAi].map(([name, tensor]) => [only(name) ? prefix + name : name, tensor]));

const sizes = ['input_resolution', 'context_length', 'vocab_size'];

const bytesOf = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

async function expectOpenAi(model: ClipModel): Promise<void> {
  const expected = readClipModel({ tensors: openAi, metadata: noMetadata }, model.config);
  expect(model.config).toEqual(expected.config);
  expect([...model.tensors.keys()].sort()).toEqual([...expected.tensors.keys()].sort());
  for (const [name, tensor] of expected.tensors) {
    const found = model.tensors.get(name)!;
    expect(found.shape, name).toEqual(tensor.shape);
    expect(Buffer.compare(bytesOf(await found.read()), bytesOf(await tensor.read())), name).toBe(0);
  }
}

describe('a model comes out the same', () => {
  test.each<[string, string, Tensors]>([
    ["under OpenAI's names", 'OpenAI', openAi],
    ["under Hugging Face's names", 'Hugging Face', asHuggingFace(openAi)],
    [
      "under open_clip's names, with a text tower of its own",
      'open_clip',
      withPrefix('text.', (name) => !name.startsWith('visual.') && name !== 'logit_scale'),
    ],
    ...['module.', '_orig_mod.', 'model.', 'clip.', 'clip_model.', 'module._orig_mod.', 'model.clip_model.module.'].map(
      (prefix): [string, string, Tensors] => [`wrapped as ${prefix}`, 'OpenAI', withPrefix(prefix, () => true)],
    ),
    [
      'wrapped as model., by Hugging Face',
      'Hugging Face',
      new Map([...asHuggingFace(openAi)].map(([name, tensor]) => [`model.${name}`, tensor])),
    ],
    [
      'with one part compiled and another sharded',
      'OpenAI',
      new Map(
        [...openAi].map(([name, tensor]) => [
          name
            .replace(/^visual\./, 'visual._orig_mod.')
            .replace(/^transformer\.resblocks\.0\./, '$&_fsdp_wrapped_module._checkpoint_wrapped_module.'),
          tensor,
        ]),
      ),
    ],
    [
      'averaged over steps',
      'OpenAI',
      withPrefix('module.', () => true).set('n_averaged', storedTensor('I64', [], new Uint8Array(8))),
    ],
    [
      'with a vector of one for the scale',
      'OpenAI',
      new Map([...openAi, ['logit_scale', { ...openAi.get('logit_scale')!, shape: [1] }]]),
    ],
    [
      'with the buffers that old files hold',
      'OpenAI',
      new Map([...openAi, ['attn_mask', storedTensor('F32', [2, 2], new Uint8Array(16))]]),
    ],
    [
      "with the sizes of OpenAI's archives",
      'OpenAI',
      new Map([...openAi, ...sizes.map((name) => [name, storedTensor('I64', [], new Uint8Array(8))] as const)]),
    ],
  ])('%s', async (_, naming, tensors) => {
    expect(toOpenAiNames(tensors).naming).toBe(naming);
    await expectOpenAi(readClipModel({ tensors, metadata: noMetadata }, { activation: 'quickgelu' }));
  });

  test('in single precision and bfloat16 where these hold the values', async () => {
    const path = join(folder, 'bf16.safetensors');
    const bf16 = new Map(
      [...openAi].map(([name, { shape }]) => [
        name,
        storedTensor('BF16', shape, new Uint8Array(2 * elementsOf(shape)).fill(0x3f)),
      ]),
    );
    await writeSafetensorsFile(path, { tensors: bf16, metadata: noMetadata });
    const model = await openClipModel(path, 'gelu');
    expect((await model.tensors.get('visual.proj')!.read())[5]).toBe(0.74609375); // 0x3f3f
  });

  test('from a folder of shards, as on the hub, with the activation of its config.json', async () => {
    const model = join(folder, 'model');
    await mkdir(model);
    const shards: Tensors[] = [new Map(), new Map(), new Map()];
    const weightMap: Record<string, string> = {};
    for (const [i, [name, tensor]] of [...asHuggingFace(openAi)].entries()) {
      shards[i % 3].set(name, tensor);
      weightMap[name] = `model-0000${(i % 3) + 1}-of-00003.safetensors`;
    }
    for (const [i, tensors] of shards.entries()) {
      await writeSafetensorsFile(join(model, `model-0000${i + 1}-of-00003.safetensors`), {
        tensors,
        metadata: noMetadata,
      });
    }
    const index = join(model, 'model.safetensors.index.json');
    await writeFile(index, JSON.stringify({ metadata: { total_size: 1 }, weight_map: weightMap }));
    await expect(openClipModel(model)).rejects.toThrow(/does not say whether the activation is quickgelu.*or gelu/);
    for (const [hidden, activation] of [
      ['gelu', 'gelu'],
      ['quick_gelu', 'quickgelu'],
      [undefined, 'quickgelu'],
    ]) {
      await writeFile(join(model, 'config.json'), JSON.stringify({ text_config: { hidden_act: hidden } }));
      const opened = await openClipModel(model);
      expect(opened.config.activation).toBe(activation);
      await expectOpenAi(opened);
    }
    await rm(join(model, 'model-00002-of-00003.safetensors'));
    await expect(openWeights(index)).rejects.toThrow('model-00002-of-00003.safetensors: there is no such file');
  });

  test("with open_clip's config beside it", async () => {
    const model = join(folder, 'open_clip');
    await mkdir(model);
    await writeSafetensorsFile(join(model, 'open_clip_model.safetensors'), { tensors: openAi, metadata: noMetadata });
    for (const [quickGelu, activation] of [
      [true, 'quickgelu'],
      [undefined, 'gelu'],
    ] as const) {
      const config = { model_cfg: { embed_dim: 96, quick_gelu: quickGelu } };
      await writeFile(join(model, 'open_clip_config.json'), JSON.stringify(config));
      expect((await openClipModel(model)).config.activation).toBe(activation);
    }
  });
});

describe('refuses', () => {
  const changed = (name: string, tensor?: StoredTensor, tensors = new Map(openAi)): Tensors => {
    if (tensor) tensors.set(name, tensor);
    else tensors.delete(name);
    return tensors;
  };
  const halves = (...shape: number[]) => storedTensor('F16', shape, new Uint8Array(2 * elementsOf(shape)));
  test.each<[string, Tensors, RegExp]>([
    ['a missing tensor', changed('ln_final.bias'), /ln_final\.bias: expected \[128\].*found none/],
    [
      'a part of a model',
      new Map([...openAi].filter(([name]) => name.startsWith('visual.'))),
      /expected a tensor ln_final\.weight, found none among \d+: visual\.[^ ]+, visual\.[^ ]+, visual\.[^ ]+, …/,
    ],
    [
      'a CLIP beside other tensors',
      changed(
        'head.weight',
        halves(2),
        withPrefix('clip.', () => true),
      ),
      /expected a tensor ln_final\.weight, found none among 63: clip\./,
    ],
    ['one tensor under two names', changed('_orig_mod.ln_final.bias', halves(128)), /ln_final\.bias, found it twice/],
    [
      'a Combiner',
      new Map([['module.combiner_layer.weight', halves(4, 4)]]),
      /expected a CLIP, found a Combiner: are the two files swapped\?/,
    ],
    ['another shape', changed('ln_final.bias', halves(64)), /ln_final\.bias: expected \[128\].*found \[64\]/],
    [
      'a tensor of another architecture',
      changed('visual.attn_pool.query', halves(4)),
      /visual\.attn_pool\.query: OpenAI's CLIP has no such/,
    ],
    [
      'integers for weights',
      changed('ln_final.bias', storedTensor('I64', [128], new Uint8Array(1024))),
      /floating point values, found I64/,
    ],
    [
      'a layer left out',
      new Map([...openAi].filter(([name]) => !name.includes('resblocks.0.ln_1'))),
      /resblocks\.0\.ln_1\.weight: expected/,
    ],
    [
      'a key without its query',
      changed('text_model.encoder.layers.0.self_attn.q_proj.weight', undefined, asHuggingFace(openAi)),
      /layers\.0\.self_attn\.q_proj\.weight beside the other parts/,
    ],
    [
      'an unknown Hugging Face name',
      changed('vision_model.head.gate', halves(4), asHuggingFace(openAi)),
      /vision_model\.head\.gate: expected a name of Hugging Face's CLIPModel/,
    ],
  ])('%s', (_, tensors, message) => {
    expect(() => readClipModel({ tensors, metadata: noMetadata }, { activation: 'quickgelu' })).toThrow(message);
  });

  test.each<[string, string, RegExp]>([
    ['an index that is not JSON', '{', /is not JSON/],
    ['an index without a map', '{}', /expected "weight_map"/],
    [
      'a shard outside of the folder',
      '{"weight_map":{"w":"../secret.safetensors"}}',
      /expected the name of a .safetensors file beside/,
    ],
    ['a shard that is not there', '{"weight_map":{"w":"a.safetensors"}}', /a\.safetensors: there is no such file/],
    [
      'a tensor that its shard lacks',
      '{"weight_map":{"w":"small.safetensors"}}',
      /expected the tensor w in small\.safetensors/,
    ],
  ])('%s', async (_, text, message) => {
    await writeSafetensorsFile(join(folder, 'small.safetensors'), { tensors: new Map(), metadata: noMetadata });
    const index = join(folder, 'damaged.safetensors.index.json');
    await writeFile(index, text);
    await expect(openWeights(index)).rejects.toThrow(message);
  });

  test('an activation that the file contradicts', () => {
    const metadata = new Map([['webcir.activation', 'gelu']]);
    expect(() => readClipModel({ tensors: openAi, metadata }, { activation: 'quickgelu' })).toThrow(
      'the file says that its activation is gelu',
    );
    expect(readClipModel({ tensors: openAi, metadata }).config.activation).toBe('gelu');
  });
});
