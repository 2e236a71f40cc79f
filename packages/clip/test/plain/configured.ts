// Small models of random weights in the layouts of Hugging Face's hub, whose configurations ask for other arithmetic than
// OpenAI's, and what plain loops need to know of them.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ClipModel,
  fromFloat32,
  type ImageInput,
  type RawImage,
  type StoredTensor,
  weightShapes,
} from '../../src/index.ts';
import { writeSafetensorsFile } from '../../src/node.ts';
import { preprocess } from '../../src/preprocess/preprocess.ts';
import { type PlainSettings, plainText, plainVit, type Tensors } from './encoders.ts';
import { asHuggingFace } from './hugging-face.ts';
import { gelu, type Planes, quickGelu } from './layers.ts';
import { randomClip } from './random-clip.ts';

interface Sizes {
  readonly imageResolution: number;
  readonly patchSize: number;
  readonly visionWidth: number;
  readonly visionMlp: number;
}

interface Configured {
  readonly name: string;
  readonly sizes: Sizes;
  readonly image: ImageInput;
  readonly vision: PlainSettings;
  readonly text: PlainSettings;
  /** File of the weights, and the configurations beside it. */
  readonly weights: string;
  readonly files: Readonly<Record<string, unknown>>;
  rename(tensors: Map<string, StoredTensor>): Map<string, StoredTensor>;
}

export const configuredModels: readonly Configured[] = [
  {
    // As LAION's ViT-H-14: heads of 80 channels, exact GELU; mean and deviation of LAION-2B's ViT-L-14.
    name: "open_clip's layout",
    sizes: { imageResolution: 56, patchSize: 14, visionWidth: 320, visionMlp: 1396 },
    image: { resize: 'squash', interpolation: 'bilinear', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
    vision: { heads: 4, epsilon: 1e-5, activate: gelu },
    text: { heads: 4, epsilon: 1e-5, activate: gelu },
    weights: 'open_clip_model.safetensors',
    files: {
      'open_clip_config.json': {
        model_cfg: {
          embed_dim: 64,
          vision_cfg: { image_size: 56, layers: 2, width: 320, head_width: 80, mlp_ratio: 4.3637, patch_size: 14 },
          text_cfg: { context_length: 77, vocab_size: 49408, width: 64, heads: 4, layers: 2 },
        },
        preprocess_cfg: {
          mean: [0.5, 0.5, 0.5],
          std: [0.5, 0.5, 0.5],
          interpolation: 'bilinear',
          resize_mode: 'squash',
        },
      },
    },
    rename: (tensors) => tensors,
  },
  {
    // As BGE-VL-base: an OpenAI CLIP tuned with transformers, with code of its own beside it.
    name: "transformers' layout",
    sizes: { imageResolution: 64, patchSize: 16, visionWidth: 128, visionMlp: 512 },
    image: {
      resize: 'shortest',
      interpolation: 'bicubic',
      mean: [0.48145466, 0.4578275, 0.40821073],
      std: [0.26862954, 0.26130258, 0.27577711],
    },
    vision: { heads: 4, epsilon: 1e-3, activate: quickGelu },
    text: { heads: 2, epsilon: 1e-3, activate: quickGelu },
    weights: 'model.safetensors',
    files: {
      'config.json': {
        architectures: ['CLIPModel'],
        auto_map: { AutoModel: 'modeling_MMRet_CLIP.CLIPModel' },
        model_type: 'clip',
        projection_dim: 64,
        text_config: {
          hidden_size: 64,
          intermediate_size: 256,
          num_attention_heads: 2,
          num_hidden_layers: 2,
          layer_norm_eps: 1e-3,
          bos_token_id: 0,
          eos_token_id: 2,
          model_type: 'clip_text_model',
        },
        vision_config: {
          hidden_size: 128,
          intermediate_size: 512,
          num_attention_heads: 4,
          num_hidden_layers: 2,
          layer_norm_eps: 1e-3,
          image_size: 64,
          patch_size: 16,
          model_type: 'clip_vision_model',
        },
        torch_dtype: 'float32',
        transformers_version: '4.44.2',
      },
      'preprocessor_config.json': {
        crop_size: { height: 64, width: 64 },
        do_center_crop: true,
        do_convert_rgb: true,
        do_normalize: true,
        do_rescale: true,
        do_resize: true,
        image_mean: [0.48145466, 0.4578275, 0.40821073],
        image_processor_type: 'CLIPImageProcessor',
        image_std: [0.26862954, 0.26130258, 0.27577711],
        resample: 3,
        rescale_factor: 0.00392156862745098,
        size: { shortest_edge: 64 },
      },
    },
    rename: asHuggingFace,
  },
];

/** The model that `writeConfigured` writes, by OpenAI's names. */
export function configuredModel({ sizes, image, vision, text }: Configured): ClipModel {
  const { imageResolution, patchSize, visionWidth: width, visionMlp: mlpWidth } = sizes;
  const shapes = weightShapes({
    family: 'clip',
    embedDim: 64,
    imageResolution,
    vision: { kind: 'vit', layers: 2, width, heads: 4, patchSize, mlpWidth },
    contextLength: 77,
    vocabularySize: 49408,
    textWidth: 64,
    textHeads: 2,
    textLayers: 2,
    textMlpWidth: 256,
    activation: 'gelu',
    layerNormEpsilon: 1e-5,
    image,
  });
  return randomClip(shapes, 1, { activation: 'gelu', visionHeads: vision.heads, textHeads: text.heads });
}

/** Writes a model as it lies on the hub. */
export async function writeConfigured(folder: string, configured: Configured): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { shape, read }] of configuredModel(configured).tensors) {
    tensors.set(name, fromFloat32(await read(), shape));
  }
  const path = join(folder, configured.weights);
  await writeSafetensorsFile(path, { tensors: configured.rename(tensors), metadata: new Map() });
  for (const [name, json] of Object.entries(configured.files))
    await writeFile(join(folder, name), JSON.stringify(json));
}

/** An image as the image encoder gets it. */
export function plainPixels({ sizes, image }: Configured, raw: RawImage): Planes {
  const { imageResolution: size } = sizes;
  const { resize, interpolation, mean, std } = image;
  const pixels = preprocess(raw, { transform: 'clip', resize, interpolation, size });
  const plane = size * size;
  const data = Float64Array.from(pixels, (value, i) => {
    const colour = Math.floor(i / plane);
    return (value / 255 - mean[colour]) / std[colour];
  });
  return { channels: 3, height: size, width: size, data };
}

export const plainImageFeature = (configured: Configured, pixels: Planes, tensors: Tensors): Float64Array =>
  plainVit(pixels, tensors, configured.vision);

export const plainTextFeature = (configured: Configured, rows: readonly number[], tensors: Tensors): Float64Array =>
  plainText(rows, tensors, configured.text);
