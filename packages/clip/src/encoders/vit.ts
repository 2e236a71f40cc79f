import { add, broadcast, concat, conv2d, layernorm, matmul, reshape, slice, type Tensor } from '@webcir/kernels';
import type { ClipConfig, VitConfig } from '../config.ts';
import { transformer } from './transformer.ts';
import type { Weights } from './weights.ts';

/**
 * CLIP's vision transformer.
 * @param pixels [batch, size, size, 3], normalized
 * @returns [batch, embed], not normalized
 */
export function encodeImageVit(pixels: Tensor, weights: Weights, vision: VitConfig, config: ClipConfig): Tensor {
  const { width, patchSize, layers, heads, activation = config.activation } = vision;
  const { layerNormEpsilon: epsilon } = config;
  const weight = (name: string) => weights(`visual.${name}`);
  const norm = (x: Tensor, name: string) => layernorm(x, weight(`${name}.weight`), weight(`${name}.bias`), { epsilon });

  const batch = pixels.shape[0];
  const grid = conv2d(pixels, weight('conv1.weight'), { stride: patchSize });
  const patches = reshape(grid, [batch, grid.shape[1] * grid.shape[2], width]);
  const classToken = broadcast(weight('class_embedding'), [batch, 1, width]);
  const tokens = add(concat([classToken, patches], 1), weight('positional_embedding'));
  const pooled = transformer(norm(tokens, 'ln_pre'), weights, 'visual.transformer', {
    layers,
    heads,
    activation,
    epsilon,
    causal: false,
    pick: (hidden) => reshape(slice(hidden, 1, 0, 1), [batch, width]),
  });
  return matmul(norm(pooled, 'ln_post'), weight('proj'));
}
