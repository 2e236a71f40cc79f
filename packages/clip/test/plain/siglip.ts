// SigLIPs of random weights, and their files as transformers and open_clip write them: names and configurations are
// spelled out here after the sources of those projects, not with the code under test.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClipConfig, type ClipModel, type ModelTensor, SIGLIP_IMAGE, weightShapes } from '../../src/index.ts';
import { writeSafetensorsFile } from '../../src/node.ts';
import { fromFloat32, type StoredTensor } from '../../src/weights/weight-file.ts';
import { type PlainSettings, plainSiglipImage, plainSiglipText, type Tensors } from './encoders.ts';
import { geluTanh, type Planes } from './layers.ts';
import { randomClip } from './random-clip.ts';

/** One size for both encoders. */
export interface SiglipSizes {
  readonly width: number;
  readonly heads: number;
  readonly mlpWidth: number;
  readonly layers: number;
  readonly patchSize: number;
  readonly imageResolution: number;
  readonly contextLength: number;
  readonly vocabularySize: number;
}

export const smallSiglip: SiglipSizes = {
  width: 32,
  heads: 2,
  mlpWidth: 72,
  layers: 2,
  patchSize: 8,
  imageResolution: 32,
  contextLength: 16,
  vocabularySize: 60,
};

export function randomSiglip(sizes: SiglipSizes, seed: number): ClipModel {
  const { width, heads, mlpWidth, layers, patchSize, imageResolution, contextLength, vocabularySize } = sizes;
  const config: ClipConfig = {
    family: 'siglip',
    embedDim: width,
    imageResolution,
    vision: { kind: 'vit', layers, width, heads, patchSize, mlpWidth },
    contextLength,
    vocabularySize,
    textWidth: width,
    textHeads: heads,
    textLayers: layers,
    textMlpWidth: mlpWidth,
    activation: 'gelu_tanh',
    layerNormEpsilon: 1e-6,
    image: SIGLIP_IMAGE,
  };
  const settings = { activation: config.activation, visionHeads: heads, textHeads: heads, imageResolution };
  return randomClip(weightShapes(config), seed, settings);
}

/** The plain loops that a SigLIP of these sizes is judged by. */
export function plainSiglip({ heads }: SiglipSizes) {
  const settings: PlainSettings = { heads, epsilon: 1e-6, activate: geluTanh };
  return {
    image: (pixels: Planes, tensors: Tensors) => plainSiglipImage(pixels, tensors, settings),
    text: (tokens: readonly number[], tensors: Tensors) => plainSiglipText(tokens, tensors, settings),
  };
}

type Renames = readonly [from: RegExp, to: string][];

/** transformers, modeling_siglip.py. */
const huggingFace: Renames = [
  [/^token_embedding\.weight$/, 'text_model.embeddings.token_embedding.weight'],
  [/^positional_embedding$/, 'text_model.embeddings.position_embedding.weight'],
  [/^ln_final/, 'text_model.final_layer_norm'],
  [/^transformer\.resblocks/, 'text_model.encoder.layers'],
  [/^text_projection$/, 'text_model.head.weight'],
  [/^text_projection_bias$/, 'text_model.head.bias'],
  [/^visual\.conv1/, 'vision_model.embeddings.patch_embedding'],
  [/^visual\.positional_embedding$/, 'vision_model.embeddings.position_embedding.weight'],
  [/^visual\.ln_post/, 'vision_model.post_layernorm'],
  [/^visual\.transformer\.resblocks/, 'vision_model.encoder.layers'],
  [/^visual\.attnpool\.probe$/, 'vision_model.head.probe'],
  [/^visual\.attnpool\.(in|out)_proj/, 'vision_model.head.attention.$1_proj'],
  [/^visual\.attnpool\.ln/, 'vision_model.head.layernorm'],
  [/^visual\.attnpool\.mlp/, 'vision_model.head.mlp'],
  [/\.attn\./, '.self_attn.'],
  [/\.ln_(\d)/, '.layer_norm$1'],
  [/\.mlp\.c_fc/, '.mlp.fc1'],
  [/\.mlp\.c_proj/, '.mlp.fc2'],
];

/** open_clip, model.py, with the image encoder of timm's, vision_transformer.py and attention_pool.py. */
const openClip: Renames = [
  [/^text_projection$/, 'text.text_projection.weight'],
  [/^text_projection_bias$/, 'text.text_projection.bias'],
  [/^(?!visual|logit|text\.)/, 'text.'],
  [/^visual\.conv1/, 'visual.trunk.patch_embed.proj'],
  [/^visual\.positional_embedding$/, 'visual.trunk.pos_embed'],
  [/^visual\.ln_post/, 'visual.trunk.norm'],
  [/^visual\.transformer\.resblocks/, 'visual.trunk.blocks'],
  [/^visual\.attnpool\.probe$/, 'visual.trunk.attn_pool.latent'],
  [/^visual\.attnpool\.out_proj/, 'visual.trunk.attn_pool.proj'],
  [/^visual\.attnpool\.ln/, 'visual.trunk.attn_pool.norm'],
  [/^visual\.attnpool/, 'visual.trunk.attn_pool'],
  [/^(visual\.trunk.*)\.mlp\.c_fc/, '$1.mlp.fc1'],
  [/^(visual\.trunk.*)\.mlp\.c_proj/, '$1.mlp.fc2'],
  [/^(visual\.trunk.*)\.attn\.in_proj_/, '$1.attn.qkv.'],
  [/^(visual\.trunk.*)\.attn\.out_proj/, '$1.attn.proj'],
  [/^(visual\.trunk.*)\.ln_(\d)/, '$1.norm$2'],
];

/** Tensors that a project keeps in pieces: a name of the whole, and the pieces with their shares of its rows. */
const pieces = {
  huggingFace: {
    pattern: /^(.*\.self_attn)\.in_proj_(weight|bias)$/,
    parts: [
      ['q_proj', 1],
      ['k_proj', 1],
      ['v_proj', 1],
    ],
  },
  openClip: {
    pattern: /^(.*attn_pool)\.in_proj_(weight|bias)$/,
    parts: [
      ['q', 1],
      ['kv', 2],
    ],
  },
} as const;

const transposedOf = (values: Float32Array, [rows, columns]: readonly number[]) =>
  values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);

/** A SigLIP's tensors by another project's names, in its shapes. */
export async function siglipTensors(
  model: ClipModel,
  project: 'huggingFace' | 'openClip',
): Promise<Map<string, StoredTensor>> {
  const stored = new Map<string, StoredTensor>();
  for (const [name, tensor] of model.tensors) {
    const renames = project === 'huggingFace' ? huggingFace : openClip;
    const renamed = renames.reduce((at, [from, to]) => at.replace(from, to), name);
    for (const [part, { shape, read }] of piecesOf(renamed, tensor, project)) {
      const values = await read();
      const isProjection = name === 'text_projection';
      stored.set(
        part,
        fromFloat32(
          isProjection ? transposedOf(values, shape) : values,
          isProjection ? [...shape].reverse() : shapeIn(project, name, shape),
        ),
      );
    }
  }
  return stored;
}

function shapeIn(project: 'huggingFace' | 'openClip', name: string, shape: readonly number[]): readonly number[] {
  if (name.endsWith('probe')) return [1, 1, ...shape];
  if (name.startsWith('logit')) return [1];
  return project === 'openClip' && name === 'visual.positional_embedding' ? [1, ...shape] : shape;
}

function piecesOf(name: string, whole: ModelTensor, project: keyof typeof pieces): [string, ModelTensor][] {
  const { pattern, parts } = pieces[project];
  const [, prefix, kind] = pattern.exec(name) ?? [];
  if (!prefix) return [[name, whole]];
  const [rows, ...rest] = whole.shape;
  let start = 0;
  return parts.map(([part, share]) => {
    const [from, to] = [start, start + share / 3];
    start = to;
    const read = async () => {
      const values = await whole.read();
      return values.slice(Math.round(from * values.length), Math.round(to * values.length));
    };
    return [`${prefix}.${part}.${kind}`, { shape: [(rows * share) / 3, ...rest], read }];
  });
}

/** config.json and preprocessor_config.json as google/siglip-base-patch16-224 has them, for other sizes. */
function huggingFaceFiles(sizes: SiglipSizes): Record<string, object> {
  const tower = {
    hidden_size: sizes.width,
    intermediate_size: sizes.mlpWidth,
    num_hidden_layers: sizes.layers,
    num_attention_heads: sizes.heads,
  };
  const { imageResolution: side } = sizes;
  return {
    'config.json': {
      architectures: ['SiglipModel'],
      initializer_factor: 1,
      model_type: 'siglip',
      text_config: {
        ...tower,
        model_type: 'siglip_text_model',
        vocab_size: sizes.vocabularySize,
        max_position_embeddings: sizes.contextLength,
      },
      torch_dtype: 'float32',
      transformers_version: '4.37.0.dev0',
      vision_config: {
        ...tower,
        model_type: 'siglip_vision_model',
        image_size: side,
        patch_size: sizes.patchSize,
      },
    },
    'preprocessor_config.json': {
      do_normalize: true,
      do_rescale: true,
      do_resize: true,
      image_mean: [0.5, 0.5, 0.5],
      image_processor_type: 'SiglipImageProcessor',
      image_std: [0.5, 0.5, 0.5],
      processor_class: 'SiglipProcessor',
      resample: 3,
      rescale_factor: 0.00392156862745098,
      size: { height: side, width: side },
    },
  };
}

/** open_clip_config.json as open_clip writes ViT-B-32-SigLIP2-256, for other sizes. */
const openClipFiles = (sizes: SiglipSizes): Record<string, object> => ({
  'open_clip_config.json': {
    model_cfg: {
      embed_dim: sizes.width,
      init_logit_bias: -10,
      custom_text: true,
      vision_cfg: {
        image_size: sizes.imageResolution,
        timm_model_name: 'vit_base_patch32_siglip_256', // one of those with the activation of transformers
        timm_model_pretrained: false,
        timm_pool: 'map',
        timm_proj: 'none',
      },
      text_cfg: {
        context_length: sizes.contextLength,
        vocab_size: sizes.vocabularySize,
        hf_tokenizer_name: 'timm/ViT-B-32-SigLIP2-256',
        tokenizer_kwargs: { clean: 'canonicalize' },
        width: sizes.width,
        heads: sizes.heads,
        layers: sizes.layers,
        no_causal_mask: true,
        proj_bias: true,
        pool_type: 'last',
        norm_kwargs: { eps: 1e-6 },
        act_kwargs: { approximate: 'tanh' },
      },
    },
    preprocess_cfg: {
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
      interpolation: 'bicubic',
      resize_mode: 'squash',
    },
  },
});

/** Writes the folder of a model as it is on Hugging Face's hub. */
export async function writeSiglip(
  folder: string,
  sizes: SiglipSizes,
  model: ClipModel,
  project: 'huggingFace' | 'openClip' = 'huggingFace',
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = project === 'huggingFace' ? huggingFaceFiles(sizes) : openClipFiles(sizes);
  for (const [name, json] of Object.entries(files)) await writeFile(join(folder, name), JSON.stringify(json));
  const name = project === 'huggingFace' ? 'model.safetensors' : 'open_clip_model.safetensors';
  const tensors = await siglipTensors(model, project);
  await writeSafetensorsFile(join(folder, name), { tensors, metadata: new Map() });
}
