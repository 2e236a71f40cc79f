import { inferConfig } from '../config.ts';
import { type ClipModel, hostTensor, type ModelTensor } from './model.ts';

/** The sizes of a CLIP with a vision transformer, in the terms of `ClipConfig`. */
export interface VitSizes {
  readonly embedDim: number;
  readonly imageResolution: number;
  readonly visionWidth: number;
  readonly visionLayers: number;
  readonly patchSize: number;
  readonly contextLength: number;
  readonly textWidth: number;
  readonly textLayers: number;
  /** BPE ids that get a row in the token table. */
  readonly vocabulary: readonly number[];
}

/**
 * A fresh CLIP with a ViT, initialized as openai/CLIP's `initialize_parameters` does for its transformers.
 * @param uniform random numbers in [0, 1)
 */
export function initialVit(sizes: VitSizes, uniform: () => number): ClipModel {
  const { embedDim, visionWidth, visionLayers, patchSize, textWidth, textLayers, vocabulary, imageResolution } = sizes;
  const tensors = new Map<string, ModelTensor>();
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const set = (name: string, shape: readonly number[], value: () => number) => {
    tensors.set(name, hostTensor(shape, Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value)));
  };
  const random = (name: string, shape: readonly number[], deviation: number) =>
    set(name, shape, () => deviation * normal());
  const norm = (name: string, width: number) => {
    set(`${name}.weight`, [width], () => 1);
    set(`${name}.bias`, [width], () => 0);
  };
  const linear = (name: string, out: number, width: number, deviation: number) => {
    random(`${name}.weight`, [out, width], deviation);
    set(`${name}.bias`, [out], () => 0);
  };
  const blocks = (prefix: string, layers: number, width: number) => {
    const projection = width ** -0.5 * (2 * layers) ** -0.5;
    for (let layer = 0; layer < layers; layer++) {
      const name = `${prefix}.resblocks.${layer}`;
      random(`${name}.attn.in_proj_weight`, [3 * width, width], width ** -0.5);
      set(`${name}.attn.in_proj_bias`, [3 * width], () => 0);
      linear(`${name}.attn.out_proj`, width, width, projection);
      norm(`${name}.ln_1`, width);
      linear(`${name}.mlp.c_fc`, 4 * width, width, (2 * width) ** -0.5);
      linear(`${name}.mlp.c_proj`, width, 4 * width, projection);
      norm(`${name}.ln_2`, width);
    }
  };

  const patches = (imageResolution / patchSize) ** 2;
  random('visual.conv1.weight', [visionWidth, 3, patchSize, patchSize], (3 * patchSize ** 2) ** -0.5);
  random('visual.class_embedding', [visionWidth], visionWidth ** -0.5);
  random('visual.positional_embedding', [patches + 1, visionWidth], visionWidth ** -0.5);
  norm('visual.ln_pre', visionWidth);
  blocks('visual.transformer', visionLayers, visionWidth);
  norm('visual.ln_post', visionWidth);
  random('visual.proj', [visionWidth, embedDim], visionWidth ** -0.5);
  random('token_embedding.weight', [vocabulary.length, textWidth], 0.02);
  random('positional_embedding', [sizes.contextLength, textWidth], 0.01);
  blocks('transformer', textLayers, textWidth);
  norm('ln_final', textWidth);
  random('text_projection', [textWidth, embedDim], textWidth ** -0.5);
  set('logit_scale', [], () => Math.log(1 / 0.07));

  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  return { config: inferConfig(shapes, { activation: 'quickgelu' }), tensors, vocabulary };
}
