import { type ClipConfig, PROBE, type ResnetConfig, type VitConfig } from '../config.ts';

type Shape = readonly number[];

/**
 * Names and shapes of every weight of a model: those of OpenAI's state dict (openai/CLIP `model.py`), and for SigLIP, in
 * the same style, those of transformers' `SiglipModel`.
 */
export function weightShapes(config: ClipConfig): Map<string, Shape> {
  const { embedDim, textWidth: width } = config;
  return new Map<string, Shape>([
    ['positional_embedding', [config.contextLength, width]],
    ['text_projection', [width, embedDim]],
    ['logit_scale', []],
    ...(config.family === 'siglip' ? siglipTextShapes(config) : []),
    ...imageShapes(config),
    ...transformerShapes('transformer', config.textLayers, width, config.textMlpWidth),
    ['token_embedding.weight', [config.vocabularySize, width]],
    ...affine('ln_final', width),
  ]);
}

const affine = (name: string, ...shape: number[]): [string, Shape][] => [
  [`${name}.weight`, shape],
  [`${name}.bias`, shape.slice(0, 1)],
];

function transformerShapes(prefix: string, layers: number, width: number, mlpWidth: number): [string, Shape][] {
  return Array.from({ length: layers }, (_, layer) => `${prefix}.resblocks.${layer}`).flatMap((block) => [
    ...attentionShapes(`${block}.attn`, width),
    ...affine(`${block}.ln_1`, width),
    ...mlpShapes(`${block}.mlp`, width, mlpWidth),
    ...affine(`${block}.ln_2`, width),
  ]);
}

const attentionShapes = (name: string, width: number): [string, Shape][] => [
  [`${name}.in_proj_weight`, [3 * width, width]],
  [`${name}.in_proj_bias`, [3 * width]],
  ...affine(`${name}.out_proj`, width, width),
];

const mlpShapes = (name: string, width: number, mlpWidth: number): [string, Shape][] => [
  ...affine(`${name}.c_fc`, mlpWidth, width),
  ...affine(`${name}.c_proj`, width, mlpWidth),
];

function imageShapes(config: ClipConfig): [string, Shape][] {
  const { vision, family } = config;
  if (vision.kind === 'resnet') return resnetShapes(vision, config);
  return family === 'clip' ? vitShapes(vision, config) : siglipImageShapes(vision, config);
}

const patchesOf = ({ patchSize }: VitConfig, { imageResolution }: ClipConfig): number =>
  Math.floor(imageResolution / patchSize) ** 2;

function vitShapes(vision: VitConfig, config: ClipConfig): [string, Shape][] {
  const { width, layers, patchSize, mlpWidth } = vision;
  return [
    ['visual.class_embedding', [width]],
    ['visual.positional_embedding', [patchesOf(vision, config) + 1, width]],
    ['visual.proj', [width, config.embedDim]],
    ['visual.conv1.weight', [width, 3, patchSize, patchSize]],
    ...affine('visual.ln_pre', width),
    ...transformerShapes('visual.transformer', layers, width, mlpWidth),
    ...affine('visual.ln_post', width),
  ];
}

const siglipTextShapes = ({ embedDim }: ClipConfig): [string, Shape][] => [
  ['text_projection_bias', [embedDim]],
  ['logit_bias', []],
];

/** Images are not projected, so that the image encoder is as wide as the features. */
function siglipImageShapes(vision: VitConfig, config: ClipConfig): [string, Shape][] {
  const { layers, patchSize, mlpWidth } = vision;
  const { embedDim: width } = config;
  return [
    ['visual.positional_embedding', [patchesOf(vision, config), width]],
    ...affine('visual.conv1', width, 3, patchSize, patchSize),
    ...transformerShapes('visual.transformer', layers, width, mlpWidth),
    ...affine('visual.ln_post', width),
    [PROBE, [width]],
    ...attentionShapes('visual.attnpool', width),
    ...affine('visual.attnpool.ln', width),
    ...mlpShapes('visual.attnpool.mlp', width, mlpWidth),
  ];
}

function resnetShapes({ width, layers }: ResnetConfig, config: ClipConfig): [string, Shape][] {
  const convolution = (conv: string, bn: string, out: number, into: number, kernel: number): [string, Shape][] => [
    [`visual.${conv}.weight`, [out, into, kernel, kernel]],
    ...['weight', 'bias', 'running_mean', 'running_var'].map((part): [string, Shape] => [
      `visual.${bn}.${part}`,
      [out],
    ]),
  ];
  const stem = [
    ...convolution('conv1', 'bn1', width / 2, 3, 3),
    ...convolution('conv2', 'bn2', width / 2, width / 2, 3),
    ...convolution('conv3', 'bn3', width, width / 2, 3),
  ];
  let channels = width;
  const stages = layers.flatMap((blocks, stage) => {
    const inner = width * 2 ** stage;
    return Array.from({ length: blocks }, (_, index) => {
      const block = `layer${stage + 1}.${index}`;
      const into = channels;
      channels = 4 * inner;
      return [
        ...convolution(`${block}.conv1`, `${block}.bn1`, inner, into, 1),
        ...convolution(`${block}.conv2`, `${block}.bn2`, inner, inner, 3),
        ...convolution(`${block}.conv3`, `${block}.bn3`, channels, inner, 1),
        ...(index === 0 ? convolution(`${block}.downsample.0`, `${block}.downsample.1`, channels, into, 1) : []),
      ];
    }).flat();
  });
  const pooled = 32 * width;
  return [
    ...stem,
    ...stages,
    ['visual.attnpool.positional_embedding', [(config.imageResolution / 32) ** 2 + 1, pooled]],
    ...['k_proj', 'q_proj', 'v_proj'].flatMap((name) => affine(`visual.attnpool.${name}`, pooled, pooled)),
    ...affine('visual.attnpool.c_proj', config.embedDim, pooled),
  ];
}

/**
 * Checks every tensor of a model against its sizes.
 * @throws naming the first tensor that is missing, has another shape, or belongs to another architecture
 */
export function checkWeights(tensors: ReadonlyMap<string, { readonly shape: Shape }>, config: ClipConfig): void {
  const expected = weightShapes(config);
  const text = (shape: Shape | undefined) => (shape ? `[${shape.join(', ')}]` : 'none');
  for (const [name, shape] of expected) {
    const found = tensors.get(name)?.shape;
    if (found?.join() !== shape.join()) {
      throw new Error(
        `CLIP weights: ${name}: expected ${text(shape)}, as the other tensors have it, found ${text(found)}.`,
      );
    }
  }
  for (const name of tensors.keys()) {
    if (!expected.has(name)) {
      const family = config.family === 'clip' ? "OpenAI's CLIP" : 'SigLIP';
      throw new Error(`CLIP weights: ${name}: ${family} has no such tensor; this is another architecture.`);
    }
  }
}
