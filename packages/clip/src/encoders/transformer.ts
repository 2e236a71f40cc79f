import { attention, layernorm, linear, type Tensor } from '@webcir/kernels';
import type { ClipConfig } from '../config.ts';
import type { Weights } from './weights.ts';

export interface TransformerConfig {
  readonly layers: number;
  readonly heads: number;
  readonly activation: ClipConfig['activation'];
  /** Each token attends only to itself and the ones before it. */
  readonly causal: boolean;
}

/**
 * CLIP's pre-norm transformer (openai/CLIP, model.py).
 * @param x [batch, tokens, width]
 * @param prefix name of the module that holds `resblocks`, e.g. 'transformer'
 * @returns [batch, tokens, width]
 */
export function transformer(
  x: Tensor,
  weights: Weights,
  prefix: string,
  { layers, heads, activation, causal }: TransformerConfig,
): Tensor {
  let hidden = x;
  for (let layer = 0; layer < layers; layer++) {
    const weight = (name: string) => weights(`${prefix}.resblocks.${layer}.${name}`);
    const norm = (input: Tensor, name: string) => layernorm(input, weight(`${name}.weight`), weight(`${name}.bias`));

    const qkv = linear(norm(hidden, 'ln_1'), weight('attn.in_proj_weight'), { bias: weight('attn.in_proj_bias') });
    const mixed = attention(qkv, { heads, causal });
    hidden = linear(mixed, weight('attn.out_proj.weight'), { bias: weight('attn.out_proj.bias'), residual: hidden });

    const inner = linear(norm(hidden, 'ln_2'), weight('mlp.c_fc.weight'), {
      bias: weight('mlp.c_fc.bias'),
      activation,
    });
    hidden = linear(inner, weight('mlp.c_proj.weight'), { bias: weight('mlp.c_proj.bias'), residual: hidden });
  }
  return hidden;
}
