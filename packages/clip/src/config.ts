import { someNames } from './weights/names/wrappers.ts';

/** A Vision Transformer. */
export interface VitConfig {
  readonly kind: 'vit';
  readonly layers: number;
  readonly width: number;
  /** Attention heads: width / 64, unless the model's configuration says otherwise. */
  readonly heads: number;
  readonly patchSize: number;
  /** Width between the two layers of a block's MLP: 4 * width in most models. */
  readonly mlpWidth: number;
  /** The activation, where it is not that of the text encoder (`ClipConfig.activation`). */
  readonly activation?: Activation;
}

/** CLIP's ModifiedResNet with attention pooling. */
export interface ResnetConfig {
  readonly kind: 'resnet';
  /** Bottleneck blocks of the four stages. */
  readonly layers: readonly [number, number, number, number];
  /** Channels of the first stage's inner convolutions; the attention pooling sees 32 times as many. */
  readonly width: number;
  /** Heads of the attention pooling: width * 32 / 64. */
  readonly heads: number;
  /** Whether BatchNorm is part of the convolutions' weights (`foldBatchNorm`). */
  readonly foldedBatchNorm?: boolean;
}

/**
 * `quickgelu`: x * sigmoid(1.702 x), OpenAI's and CLIP4Cir's weights; `gelu`: with erf, most of open_clip's;
 * `gelu_tanh`: the approximation by tanh, SigLIP's.
 */
export const ACTIVATIONS = ['quickgelu', 'gelu', 'gelu_tanh'] as const;

/** The activation between the two layers of a block, one of `ACTIVATIONS`. */
export type Activation = (typeof ACTIVATIONS)[number];

/** Ways to make an image as large as the encoder's input: `shortest` keeps its shape and crops the middle. */
export const RESIZES = ['shortest', 'squash'] as const;

/** Filters of a resize, as PIL defines them: antialiased where an image shrinks. */
export const INTERPOLATIONS = ['bicubic', 'bilinear'] as const;

/** How a model wants its images: what belongs to its weights, as they were trained with it. */
export interface ImageInput {
  readonly resize: (typeof RESIZES)[number];
  readonly interpolation: (typeof INTERPOLATIONS)[number];
  /** Means of red, green and blue that images are normalized with, for values from 0 to 1. */
  readonly mean: readonly number[];
  /** Standard deviations of red, green and blue. */
  readonly std: readonly number[];
}

/** OpenAI's images, and those of most CLIPs. */
export const CLIP_IMAGE: ImageInput = {
  resize: 'shortest',
  interpolation: 'bicubic',
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
};

/** SigLIP's images (Zhai et al. 2023, arXiv 2303.15343). */
export const SIGLIP_IMAGE: ImageInput = {
  resize: 'squash',
  interpolation: 'bicubic',
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
};

/**
 * `clip`: a class token, and texts read causally at their end; `siglip`: attention pooling over the patches, and texts
 * of a fixed length read in both directions at their last position.
 */
export type Family = 'clip' | 'siglip';

/** What the shapes of the weights do not tell of a model: its configuration does. */
export interface ModelSettings {
  /** Of both encoders, unless `visionActivation` is given. */
  readonly activation: Activation;
  readonly visionActivation?: Activation;
  /** Attention heads of the image encoder; unless given, a head for every 64 channels. */
  readonly visionHeads?: number;
  readonly textHeads?: number;
  /** Added to the variance in every layer normalization; 1e-5 unless given, 1e-6 for SigLIP. */
  readonly layerNormEpsilon?: number;
  /** OpenAI's unless given, SigLIP's for SigLIP. */
  readonly image?: ImageInput;
  /** Whether texts lose their punctuation before they are split into tokens, also where the tokenizer keeps it. */
  readonly canonicalText?: boolean;
  /**
   * Side of the input image in pixels, where it is not a whole number of patches: SigLIP's so400m of 384 pixels sees 27
   * patches of 14. The patches' unless given.
   */
  readonly imageResolution?: number;
}

/** A model's sizes and settings, as `inferConfig` makes them of its weights. */
export interface ClipConfig {
  readonly family: Family;
  /** Width of the image and text features. */
  readonly embedDim: number;
  /** Side of the input image in pixels. */
  readonly imageResolution: number;
  readonly vision: VitConfig | ResnetConfig;
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly textWidth: number;
  /** Attention heads of the text encoder: textWidth / 64, unless the model's configuration says otherwise. */
  readonly textHeads: number;
  readonly textLayers: number;
  /** Width between the two layers of a text block's MLP. */
  readonly textMlpWidth: number;
  /** Activation between the layers of a block, in both encoders unless `vision` names its own. */
  readonly activation: Activation;
  /** Added to the variance in every layer normalization. */
  readonly layerNormEpsilon: number;
  readonly image: ImageInput;
  /** Whether texts lose their punctuation before they are split into tokens: open_clip's way with SigLIP 2. */
  readonly canonicalText?: boolean;
}

/** Width of one attention head in every CLIP of OpenAI's. */
const HEAD_WIDTH = 64;

/** Widths of published encoders whose heads are not 64 wide: SigLIP's so400m and giant, open_clip's ViT-H, g, bigG, e. */
const OTHER_HEADS: readonly number[] = [1152, 1280, 1408, 1536, 1664, 1792];

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Size of axis `axis` of a tensor that has `rank` axes. */
function size(shapes: Shapes, name: string, rank: number, axis: number): number {
  const shape = shapes.get(name);
  if (!shape) {
    throw new Error(
      `CLIP weights: expected a tensor ${name}, found none among ${shapes.size}: ${someNames(shapes.keys())}. ` +
        'Is it a CLIP, and all of it?',
    );
  }
  if (shape.length !== rank) {
    throw new Error(`CLIP weights: ${name}: expected ${rank} axes, found the shape [${shape.join(', ')}].`);
  }
  return shape[axis];
}

/** Number of different numbers at the `*` of `prefix.*.` names. */
function countNumbered(shapes: Shapes, prefix: string): number {
  const numbers = new Set<string>();
  for (const name of shapes.keys()) {
    if (name.startsWith(`${prefix}.`)) numbers.add(name.slice(prefix.length + 1).split('.', 1)[0]);
  }
  if (numbers.size === 0) throw new Error(`CLIP weights: expected tensors ${prefix}.N.*, found none.`);
  return numbers.size;
}

/**
 * The attention heads of an encoder: as the configuration says, or as OpenAI's code has it, one for every 64 channels.
 * @throws naming the tensor, where neither tells how many there are
 */
function heads(channels: number, tensor: string, stated?: number): number {
  if (stated === undefined && OTHER_HEADS.includes(channels)) {
    throw new Error(
      `CLIP weights: ${tensor}: the file does not say how many attention heads a width of ${channels} has; put the ` +
        'open_clip_config.json or config.json that came with the weights beside them.',
    );
  }
  const found = stated ?? channels / HEAD_WIDTH;
  if (!Number.isInteger(found) || found < 1 || channels % (4 * found) !== 0) {
    throw new Error(
      stated === undefined
        ? `CLIP weights: ${tensor}: expected a width in whole heads of ${HEAD_WIDTH}, found ${channels}; put the ` +
            'configuration that came with the weights beside them, which says how many heads there are.'
        : `CLIP weights: ${tensor}: a width of ${channels} cannot be split into ${stated} attention heads of a multiple ` +
            'of 4, as the configuration has it.',
    );
  }
  return found;
}

/**
 * Side of the square grid of a positional embedding.
 * @param hasClass whether it has one more row, for the class token or the mean
 * @throws naming the tensor
 */
function gridSide(shapes: Shapes, name: string, hasClass: boolean): number {
  const positions = size(shapes, name, 2, 0);
  const patches = hasClass ? positions - 1 : positions;
  const side = Math.round(Math.sqrt(patches));
  if (side < 1 || side * side !== patches) {
    const rows = `a square number of rows${hasClass ? ' and one more' : ''}`;
    throw new Error(`CLIP weights: ${name}: expected ${rows}, found ${positions}.`);
  }
  return side;
}

function inferVit(
  shapes: Shapes,
  family: Family,
  settings: ModelSettings,
): { vision: VitConfig; imageResolution: number } {
  const patches = 'visual.conv1.weight';
  const width = size(shapes, patches, 4, 0);
  const patchSize = size(shapes, patches, 4, 3);
  const { visionHeads, visionActivation, activation, imageResolution = 0 } = settings;
  const side = gridSide(shapes, 'visual.positional_embedding', family === 'clip');
  return {
    vision: {
      kind: 'vit',
      layers: countNumbered(shapes, 'visual.transformer.resblocks'),
      width,
      heads: heads(width, patches, visionHeads),
      patchSize,
      mlpWidth: size(shapes, 'visual.transformer.resblocks.0.mlp.c_fc.weight', 2, 0),
      ...(visionActivation !== undefined && visionActivation !== activation && { activation: visionActivation }),
    },
    imageResolution: Math.floor(imageResolution / patchSize) === side ? imageResolution : side * patchSize,
  };
}

function inferResnet(
  shapes: Shapes,
  { visionHeads }: ModelSettings,
): { vision: ResnetConfig; imageResolution: number } {
  const width = size(shapes, 'visual.layer1.0.conv1.weight', 4, 0);
  const layers = [1, 2, 3, 4].map((stage) => countNumbered(shapes, `visual.layer${stage}`));
  return {
    vision: {
      kind: 'resnet',
      layers: layers as [number, number, number, number],
      width,
      heads: heads(width * 32, 'visual.attnpool', visionHeads),
    },
    imageResolution: gridSide(shapes, 'visual.attnpool.positional_embedding', true) * 32,
  };
}

/** The tensor that tells SigLIP from CLIP: the query of its attention pooling. */
export const PROBE = 'visual.attnpool.probe';

/**
 * A model's configuration from the shapes of its state dict, with OpenAI's tensor names (openai/CLIP `model.py`,
 * `build_model`), and from the settings that shapes do not tell.
 *
 * @throws when a tensor is missing or has a shape that no CLIP has, naming it
 */
export function inferConfig(shapes: Shapes, settings: ModelSettings): ClipConfig {
  const family: Family = shapes.has(PROBE) ? 'siglip' : 'clip';
  const textWidth = size(shapes, 'ln_final.weight', 1, 0);
  const isVit = family === 'siglip' || shapes.has('visual.proj');
  return {
    family,
    embedDim: size(shapes, 'text_projection', 2, 1),
    ...(isVit ? inferVit(shapes, family, settings) : inferResnet(shapes, settings)),
    contextLength: size(shapes, 'positional_embedding', 2, 0),
    vocabularySize: size(shapes, 'token_embedding.weight', 2, 0),
    textWidth,
    textHeads: heads(textWidth, 'ln_final.weight', settings.textHeads),
    textLayers: countNumbered(shapes, 'transformer.resblocks'),
    textMlpWidth: size(shapes, 'transformer.resblocks.0.mlp.c_fc.weight', 2, 0),
    activation: settings.activation,
    layerNormEpsilon: settings.layerNormEpsilon ?? (family === 'clip' ? 1e-5 : 1e-6),
    image: settings.image ?? (family === 'clip' ? CLIP_IMAGE : SIGLIP_IMAGE),
    ...(settings.canonicalText && { canonicalText: true }),
  };
}
