import {
  add,
  attentionPool,
  broadcast,
  checkpoint,
  conv2d,
  layernorm,
  linear,
  reshape,
  slice,
  type Tensor,
} from '@webcir/kernels';
import { type ClipConfig, PROBE, type VitConfig } from '../config.ts';
import { transformer } from './transformer.ts';
import type { Weights } from './weights.ts';

/**
 * SigLIP's vision transformer (Zhai et al. 2023, arXiv 2303.15343): no class token and no projection; an attention with
 * a learned query, and an MLP after it, make one feature of all patches.
 * @param pixels [batch, size, size, 3], normalized
 * @returns [batch, embed], not normalized
 */
export function encodeImageSiglip(pixels: Tensor, weights: Weights, vision: VitConfig, config: ClipConfig): Tensor {
  const { width, patchSize, layers, heads, activation = config.activation } = vision;
  const { layerNormEpsilon: epsilon } = config;
  const weight = (name: string) => weights(`visual.${name}`);
  const norm = (x: Tensor, name: string) => layernorm(x, weight(`${name}.weight`), weight(`${name}.bias`), { epsilon });
  const layer = (x: Tensor, name: string, options: Parameters<typeof linear>[2] = {}) =>
    linear(x, weight(`${name}.weight`), { bias: weight(`${name}.bias`), ...options });

  const batch = pixels.shape[0];
  const grid = conv2d(pixels, weight('conv1.weight'), { stride: patchSize, bias: weight('conv1.bias') });
  const patches = reshape(grid, [batch, grid.shape[1] * grid.shape[2], width]);
  const embedded = add(patches, weight('positional_embedding'));
  const options = { layers, heads, activation, epsilon, causal: false };
  const tokens = norm(checkpoint(transformer(embedded, weights, 'visual.transformer', options)), 'ln_post');

  /** Query (0), key (1) or value (2) of the pooling, which lie in one matrix. */
  const project = (x: Tensor, part: 0 | 1 | 2) =>
    linear(x, slice(weight('attnpool.in_proj_weight'), 0, part * width, width), {
      bias: slice(weight('attnpool.in_proj_bias'), 0, part * width, width),
    });
  // The query is the same for all images, so it is projected once.
  const query = reshape(project(reshape(weights(PROBE), [1, width]), 0), [width]);
  const mixed = attentionPool(broadcast(query, [batch, width]), project(tokens, 1), project(tokens, 2), { heads });
  const pooled = layer(mixed, 'attnpool.out_proj');
  const inner = layer(norm(pooled, 'attnpool.ln'), 'attnpool.mlp.c_fc', { activation });
  return layer(inner, 'attnpool.mlp.c_proj', { residual: pooled });
}
