/** A Vision Transformer. */
export interface VitConfig {
  readonly kind: 'vit';
  readonly layers: number;
  readonly width: number;
  /** Attention heads: width / 64. */
  readonly heads: number;
  readonly patchSize: number;
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

/** `quickgelu`: x * sigmoid(1.702 x), OpenAI's and CLIP4Cir's weights; `gelu`: with erf, most of open_clip's. */
export const ACTIVATIONS = ['quickgelu', 'gelu'] as const;

/** The activation between the two layers of a block: `quickgelu` in OpenAI's CLIP, `gelu` elsewhere. */
export type Activation = (typeof ACTIVATIONS)[number];

/** The sizes of a CLIP, as `inferConfig` reads them off its weights. */
export interface ClipConfig {
  /** Width of the image and text features. */
  readonly embedDim: number;
  /** Side of the input image in pixels. */
  readonly imageResolution: number;
  readonly vision: VitConfig | ResnetConfig;
  readonly contextLength: number;
  readonly vocabularySize: number;
  readonly textWidth: number;
  /** Attention heads of the text encoder: textWidth / 64. */
  readonly textHeads: number;
  readonly textLayers: number;
  /** Activation between the layers of a block; shapes do not tell it. */
  readonly activation: Activation;
}

/** Width of one attention head in every CLIP. */
const HEAD_WIDTH = 64;

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Size of axis `axis` of a tensor that has `rank` axes. */
function size(shapes: Shapes, name: string, rank: number, axis: number): number {
  const shape = shapes.get(name);
  if (!shape) {
    throw new Error(
      `CLIP weights: expected a tensor ${name}, found none among ${shapes.size} tensors. ` +
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

function heads(channels: number, tensor: string): number {
  if (channels % HEAD_WIDTH !== 0 || channels === 0) {
    throw new Error(`CLIP weights: ${tensor}: expected a width in whole heads of ${HEAD_WIDTH}, found ${channels}.`);
  }
  return channels / HEAD_WIDTH;
}

/** Side of the square grid of a positional embedding with one more row, for the class token or the mean. */
function gridSide(shapes: Shapes, name: string): number {
  const positions = size(shapes, name, 2, 0);
  const side = Math.round(Math.sqrt(positions - 1));
  if (side < 1 || side * side + 1 !== positions) {
    throw new Error(`CLIP weights: ${name}: expected a square number of rows and one more, found ${positions}.`);
  }
  return side;
}

function inferVit(shapes: Shapes): { vision: VitConfig; imageResolution: number } {
  const width = size(shapes, 'visual.conv1.weight', 4, 0);
  const patchSize = size(shapes, 'visual.conv1.weight', 4, 3);
  const layers = countNumbered(shapes, 'visual.transformer.resblocks');
  return {
    vision: { kind: 'vit', layers, width, heads: heads(width, 'visual.conv1.weight'), patchSize },
    imageResolution: gridSide(shapes, 'visual.positional_embedding') * patchSize,
  };
}

function inferResnet(shapes: Shapes): { vision: ResnetConfig; imageResolution: number } {
  const width = size(shapes, 'visual.layer1.0.conv1.weight', 4, 0);
  const layers = [1, 2, 3, 4].map((stage) => countNumbered(shapes, `visual.layer${stage}`));
  return {
    vision: {
      kind: 'resnet',
      layers: layers as [number, number, number, number],
      width,
      heads: heads(width * 32, 'visual.attnpool'),
    },
    imageResolution: gridSide(shapes, 'visual.attnpool.positional_embedding') * 32,
  };
}

/**
 * A model's sizes from the shapes of its state dict, with OpenAI's tensor names (openai/CLIP `model.py`,
 * `build_model`).
 *
 * @throws when a tensor is missing or has a shape that no CLIP has, naming it
 */
export function inferConfig(shapes: Shapes, activation: Activation): ClipConfig {
  const textWidth = size(shapes, 'ln_final.weight', 1, 0);
  return {
    embedDim: size(shapes, 'text_projection', 2, 1),
    ...(shapes.has('visual.proj') ? inferVit(shapes) : inferResnet(shapes)),
    contextLength: size(shapes, 'positional_embedding', 2, 0),
    vocabularySize: size(shapes, 'token_embedding.weight', 2, 0),
    textWidth,
    textHeads: heads(textWidth, 'ln_final.weight'),
    textLayers: countNumbered(shapes, 'transformer.resblocks'),
    activation,
  };
}
