import { CLIP_IMAGE, type ClipConfig, type ClipModel, type ModelTensor, weightShapes } from '@webcir/clip';
import { numbers } from '../measure/numbers.ts';

const clip = {
  family: 'clip',
  contextLength: 77,
  vocabularySize: 49408,
  activation: 'quickgelu',
  layerNormEpsilon: 1e-5,
  image: CLIP_IMAGE,
} as const;

/** Real sizes of OpenAI's models, and of the small one of the embedded set. */
export const configs = {
  'ViT-B/32': {
    ...clip,
    embedDim: 512,
    imageResolution: 224,
    vision: { kind: 'vit', layers: 12, width: 768, heads: 12, patchSize: 32, mlpWidth: 3072 },
    textWidth: 512,
    textMlpWidth: 2048,
    textHeads: 8,
    textLayers: 12,
  },
  RN50: {
    ...clip,
    embedDim: 1024,
    imageResolution: 224,
    vision: { kind: 'resnet', layers: [3, 4, 6, 3], width: 64, heads: 32 },
    textWidth: 512,
    textMlpWidth: 2048,
    textHeads: 8,
    textLayers: 12,
  },
  RN50x4: {
    ...clip,
    embedDim: 640,
    imageResolution: 288,
    vision: { kind: 'resnet', layers: [4, 6, 10, 6], width: 80, heads: 40 },
    textWidth: 640,
    textMlpWidth: 2560,
    textHeads: 10,
    textLayers: 12,
  },
  /** The token table holds only the rows that the embedded set's captions use. */
  embedded: {
    ...clip,
    vocabularySize: 112,
    embedDim: 128,
    imageResolution: 32,
    vision: { kind: 'vit', layers: 4, width: 128, heads: 2, patchSize: 8, mlpWidth: 512 },
    textWidth: 128,
    textMlpWidth: 512,
    textHeads: 2,
    textLayers: 3,
  },
} as const satisfies Record<string, ClipConfig>;

export type ModelName = keyof typeof configs;

/**
 * A model with seeded weights: norms start at one, biases at zero, matrices uniform and scaled to keep the size of what
 * passes through. Each tensor is made when it is read.
 * @param wanted leaves tensors out that a program does not need
 */
export function seededClip(config: ClipConfig, wanted: (name: string) => boolean = () => true): ClipModel {
  const tensors = [...weightShapes(config)].filter(([name]) => wanted(name));
  return { config, tensors: new Map(tensors.map(([name, shape]) => [name, seededTensor(name, shape)])) };
}

function seededTensor(name: string, shape: readonly number[]): ModelTensor {
  return { shape, read: async () => seededValues(name, shape) };
}

/** The values of a weight; peers/torch_peer.py makes the same. */
export function seededValues(name: string, shape: readonly number[]): Float32Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (/running_var$|(ln_\w+|bn\d|downsample\.1)\.weight$/.test(name)) return new Float32Array(count).fill(1);
  if (/bias$|running_mean$|logit_scale$/.test(name)) return new Float32Array(count);
  // The variance of a uniform number in ±1 is 1/3: a convolution or a matrix then about keeps the variance of its
  // input.
  const inner = shape.length === 4 ? shape[1] * shape[2] * shape[3] : shape[shape.length - 1];
  return numbers(name, count, Math.sqrt(3 / inner));
}
