// Every key of every configuration file is honoured, refused or known not to matter: each is changed in turn.
import { describe, expect, test } from 'vitest';
import { CLIP_IMAGE, type ClipConfig, inferConfig } from '../src/config.ts';
import { openClipRules, openClipSiglipRules } from '../src/configuration/open-clip.ts';
import { type ConfigurationFiles, readConfiguration } from '../src/configuration/read.ts';
import { free, type RuleTable } from '../src/configuration/rules.ts';
import { checkSizes } from '../src/configuration/sizes.ts';
import { clipConfigRules, preprocessorRules, siglipConfigRules } from '../src/configuration/transformers.ts';
import { weightShapes } from '../src/model/shapes.ts';
import { storedTensor } from '../src/weights/weight-file.ts';

type Json = Record<string, unknown>;
type Shapes = ReadonlyMap<string, readonly number[]>;

/** The weights of a small CLIP: the image encoder has 8 heads by OpenAI's rule. */
const clip: Shapes = weightShapes({
  family: 'clip',
  embedDim: 96,
  imageResolution: 64,
  vision: { kind: 'vit', layers: 3, width: 512, heads: 8, patchSize: 16, mlpWidth: 1024 },
  contextLength: 77,
  vocabularySize: 300,
  textWidth: 256,
  textHeads: 4,
  textLayers: 2,
  textMlpWidth: 1024,
  activation: 'gelu',
  layerNormEpsilon: 1e-5,
  image: CLIP_IMAGE,
});

/** As much of the weights of a SigLIP as its sizes follow from. */
const siglip: Shapes = new Map([
  ['visual.attnpool.probe', [1, 1, 512]],
  ['visual.conv1.weight', [512, 3, 16, 16]],
  ['visual.positional_embedding', [16, 512]],
  ['visual.transformer.resblocks.0.mlp.c_fc.weight', [1024, 512]],
  ['text_projection', [512, 512]],
  ['positional_embedding', [64, 512]],
  ['token_embedding.weight', [300, 512]],
  ['ln_final.weight', [512]],
  ['transformer.resblocks.0.mlp.c_fc.weight', [1024, 512]],
]);

/** Names that belong to the project whose files are read. */
const asHuggingFace = (shapes: Shapes): Shapes => new Map([...shapes, ['vision_model.post_layernorm.bias', [512]]]);

const tensorsOf = (shapes: Shapes) =>
  new Map([...shapes].map(([name, shape]) => [name, storedTensor('F32', shape, new Uint8Array())]));

function configOf(files: ConfigurationFiles, shapes: Shapes): ClipConfig {
  const { sizes = [], activation = 'gelu', ...settings } = readConfiguration(files, { tensors: tensorsOf(shapes) });
  const config = inferConfig(shapes, { activation, ...settings });
  checkSizes(sizes, config);
  return config;
}

const tower = { hidden_act: 'gelu', num_attention_heads: 16, intermediate_size: 1024, layer_norm_eps: 1e-5 };
const clipConfig: Json = {
  model_type: 'clip',
  architectures: ['CLIPModel'],
  projection_dim: 96,
  logit_scale_init_value: 2.6592,
  transformers_version: '4.30.0',
  text_config: {
    ...tower,
    model_type: 'clip_text_model',
    hidden_size: 256,
    num_hidden_layers: 2,
    vocab_size: 300,
    max_position_embeddings: 77,
    projection_dim: 512,
    bos_token_id: 0,
    eos_token_id: 2,
    top_k: 50,
    pruned_heads: {},
  },
  vision_config: {
    ...tower,
    model_type: 'clip_vision_model',
    hidden_size: 512,
    num_hidden_layers: 3,
    image_size: 64,
    patch_size: 16,
    num_channels: 3,
  },
};
const siglipTower = { hidden_size: 512, intermediate_size: 1024, num_hidden_layers: 1, num_attention_heads: 16 };
const siglipConfig: Json = {
  model_type: 'siglip',
  architectures: ['SiglipModel'],
  text_config: { ...siglipTower, model_type: 'siglip_text_model', vocab_size: 300, max_position_embeddings: 64 },
  vision_config: { ...siglipTower, model_type: 'siglip_vision_model', image_size: 64, patch_size: 16 },
};
const clipPreprocessor: Json = {
  crop_size: { height: 64, width: 64 },
  do_center_crop: true,
  do_convert_rgb: true,
  do_normalize: true,
  do_rescale: true,
  do_resize: true,
  feature_extractor_type: 'CLIPFeatureExtractor',
  image_mean: [0.48, 0.45, 0.4],
  image_processor_type: 'CLIPImageProcessor',
  image_std: [0.26, 0.26, 0.27],
  resample: 3,
  rescale_factor: 0.00392156862745098,
  size: { shortest_edge: 64 },
};
const preprocess = {
  size: [64, 64],
  mode: 'RGB',
  mean: [0.48, 0.45, 0.4],
  std: [0.26, 0.26, 0.27],
  interpolation: 'bicubic',
  resize_mode: 'shortest',
  fill_color: 0,
};
const openClip: Json = {
  model_cfg: {
    embed_dim: 96,
    vision_cfg: { image_size: 64, layers: 3, width: 512, head_width: 32, patch_size: 16 },
    text_cfg: { context_length: 77, vocab_size: 300, width: 256, heads: 8, layers: 2 },
  },
  preprocess_cfg: preprocess,
};
const openClipSiglip: Json = {
  model_cfg: {
    embed_dim: 512,
    init_logit_bias: -10,
    custom_text: true,
    vision_cfg: {
      image_size: 64,
      timm_model_name: 'vit_large_patch16_siglip_64',
      timm_model_pretrained: false,
      timm_pool: 'map',
      timm_proj: 'none',
    },
    text_cfg: {
      context_length: 64,
      vocab_size: 300,
      hf_tokenizer_name: 'timm/ViT-L-16-SigLIP-256',
      tokenizer_kwargs: { clean: 'canonicalize' },
      width: 512,
      heads: 16,
      layers: 1,
      no_causal_mask: true,
      proj_bias: true,
      pool_type: 'last',
      norm_kwargs: { eps: 1e-6 },
    },
  },
  preprocess_cfg: preprocess,
};

/** The same with the towers under the keys of old files. */
function withDicts({ text_config, vision_config, ...rest }: Json): Json {
  return { ...rest, text_config_dict: text_config, vision_config_dict: vision_config };
}

interface Case {
  readonly name: string;
  readonly file: keyof ConfigurationFiles;
  readonly json: Json;
  readonly rules: RuleTable;
  readonly shapes: Shapes;
}

const cases: Case[] = [
  { name: 'CLIPModel', file: 'config.json', json: clipConfig, rules: clipConfigRules(), shapes: asHuggingFace(clip) },
  {
    name: 'CLIPModel of before 2023',
    file: 'config.json',
    json: withDicts(clipConfig),
    rules: clipConfigRules(),
    shapes: asHuggingFace(clip),
  },
  {
    name: 'SiglipModel',
    file: 'config.json',
    json: siglipConfig,
    rules: siglipConfigRules(),
    shapes: asHuggingFace(siglip),
  },
  {
    name: 'CLIPImageProcessor',
    file: 'preprocessor_config.json',
    json: clipPreprocessor,
    rules: preprocessorRules(),
    shapes: clip,
  },
  { name: "open_clip's CLIP", file: 'open_clip_config.json', json: openClip, rules: openClipRules(), shapes: clip },
  {
    name: "open_clip's SigLIP",
    file: 'open_clip_config.json',
    json: openClipSiglip,
    rules: openClipSiglipRules(),
    shapes: siglip,
  },
];

/** A copy with another value at a path, which is made where it is not there. */
function changed(json: Json, path: readonly string[], value: unknown): Json {
  const [key, ...rest] = path;
  return { ...json, [key]: rest.length > 0 ? changed((json[key] ?? {}) as Json, rest, value) : value };
}

const at = (json: Json, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Json | undefined)?.[key], json);

/** Values other than `value` of its own kind, and of all others. */
function others(value: unknown): unknown[] {
  const near =
    typeof value === 'number'
      ? [value + 1, value * 2, -value]
      : typeof value === 'string'
        ? [`${value}x`, '']
        : Array.isArray(value)
          ? [[...value.slice(1), value[0]], [], value.slice(1)]
          : [];
  const all = [...near, true, false, 1, 0.5, 'relu', { a: 1 }, [1, 2, 3, 4], 'bilinear', 'squash', 'tanh'];
  return all.filter((other) => JSON.stringify(other) !== JSON.stringify(value));
}

/** Values that mean the same as none, or as the one in the file. */
const same: Readonly<Record<string, readonly unknown[]>> = {
  quick_gelu: [false],
  no_causal_mask: [false],
  embed_cls: [false],
  attentional_pool: [false],
  no_ln_pre: [false],
  proj_bias: [false],
  vision_use_head: [true],
  timm_proj: [''],
};

describe.each(cases)('$name', ({ file, json, rules, shapes }) => {
  const plain = JSON.stringify(configOf({ [file]: json }, shapes));
  const keys = Object.keys(rules).filter((key) => {
    const tower = /^(text|vision)_config(_dict)?\./.exec(key);
    return !tower || tower[0].slice(0, -1) in json;
  });

  test.each(keys)('%s', (key) => {
    const path = key.split('.');
    const name = path.at(-1)!;
    const value = at(json, path);
    for (const other of others(value)) {
      if ((value === undefined || other === '') && same[name]?.includes(other)) continue;
      let found: string;
      try {
        found = JSON.stringify(configOf({ [file]: changed(json, path, other) }, shapes));
      } catch (error) {
        // A number of heads that does not divide the width is found with the weights, and named with their tensor.
        expect((error as Error).message, JSON.stringify(other)).toMatch(
          new RegExp(`${name}|attention heads|QuickGELU|epsilons|do_center_crop`),
        );
        found = 'refused';
      }
      if (rules[key] === free) expect(found, JSON.stringify(other)).toBe(plain);
      else expect(found, JSON.stringify(other)).not.toBe(plain);
    }
  });

  test('a key that is not known is refused where it turns something on', () => {
    const sections = ['', 'text_config.', 'vision_config.', 'model_cfg.', 'model_cfg.vision_cfg.', 'preprocess_cfg.'];
    for (const section of sections.filter((prefix) => prefix === '' || at(json, prefix.slice(0, -1).split('.')))) {
      const path = `${section}use_rope`.split('.');
      expect(() => configOf({ [file]: changed(json, path, true) }, shapes)).toThrow(
        `${file}: ${section}use_rope: this setting is not known`,
      );
      for (const off of [null, false, 0, '', [], {}]) {
        expect(JSON.stringify(configOf({ [file]: changed(json, path, off) }, shapes))).toBe(plain);
      }
    }
  });
});

test('what each file says', () => {
  const [ofTransformers, ofOpenClip] = [
    configOf({ 'config.json': clipConfig, 'preprocessor_config.json': clipPreprocessor }, asHuggingFace(clip)),
    configOf({ 'open_clip_config.json': openClip }, clip),
  ];
  expect(ofTransformers).toMatchObject({ vision: { heads: 16 }, textHeads: 16, activation: 'gelu' });
  expect(ofTransformers.image).toEqual({ ...CLIP_IMAGE, mean: [0.48, 0.45, 0.4], std: [0.26, 0.26, 0.27] });
  expect(ofOpenClip).toMatchObject({ vision: { heads: 16 }, textHeads: 8, activation: 'gelu', layerNormEpsilon: 1e-5 });
  expect(ofOpenClip.image).toEqual(ofTransformers.image);
  expect(configOf({ 'config.json': siglipConfig }, asHuggingFace(siglip))).toMatchObject({
    activation: 'gelu_tanh',
    layerNormEpsilon: 1e-6,
    image: { resize: 'squash', mean: [0.5, 0.5, 0.5] },
  });
  // timm's and open_clip's encoders of SigLIP 1 have the exact GELU, but for some of timm's.
  const ofSiglip = configOf({ 'open_clip_config.json': openClipSiglip }, siglip);
  expect(ofSiglip).toMatchObject({ activation: 'gelu', canonicalText: true, vision: { heads: 16 } });
  expect(ofSiglip.vision).not.toHaveProperty('activation');
  const path = ['model_cfg', 'vision_cfg', 'timm_model_name'];
  const files = { 'open_clip_config.json': changed(openClipSiglip, path, 'vit_so400m_patch16_siglip_256') };
  expect(configOf(files, siglip)).toMatchObject({ activation: 'gelu', vision: { activation: 'gelu_tanh' } });
});

test('what transformers leaves out has its default, where the rest is stated', () => {
  const { num_attention_heads: _, hidden_act: __, ...text } = clipConfig.text_config as Json;
  const config = configOf({ 'config.json': { ...clipConfig, text_config: text } }, asHuggingFace(clip));
  expect(config).toMatchObject({ textHeads: 8, activation: 'quickgelu', vision: { activation: 'gelu' } });
});

test("the files of the project whose names the tensors have go before the other's", () => {
  const files = { 'config.json': clipConfig, 'open_clip_config.json': openClip };
  expect(configOf(files, clip).textHeads).toBe(8);
  expect(configOf(files, asHuggingFace(clip)).textHeads).toBe(16);
});

test('sizes that the weights do not have are refused', () => {
  const files = { 'config.json': changed(clipConfig, ['vision_config', 'num_hidden_layers'], 4) };
  expect(() => configOf(files, asHuggingFace(clip))).toThrow(
    'config.json: vision_config.num_hidden_layers: it says 4 (image layers), the weights have 3',
  );
});

test.each<[string, string[], unknown, string]>([
  ['a text encoder of another library', ['text_cfg', 'hf_model_name'], 'roberta-base', "text encoder of transformers'"],
  ['an image encoder of timm', ['vision_cfg', 'timm_model_name'], 'convnext_base', "image encoder of timm's"],
  ['CoCa', ['multimodal_cfg'], { width: 512 }, 'text decoder (CoCa)'],
  ['layer scale', ['vision_cfg', 'ls_init_value'], 1e-4, 'layer scale'],
  ['another pooling', ['vision_cfg', 'pool_type'], 'avg', 'such pooling of images'],
  ['RoPE', ['text_cfg', 'pos_embed'], 'rope', 'model_cfg.text_cfg.pos_embed'],
])('%s is refused by name', (_, path, value, message) => {
  const files = { 'open_clip_config.json': changed(openClip, ['model_cfg', ...path], value) };
  expect(() => configOf(files, clip)).toThrow(message);
});
