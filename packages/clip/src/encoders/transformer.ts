import { attention, cast, checkpoint, layernorm, linear, precisionOf, type Tensor } from '@webcir/kernels';
import type { Activation } from '../config.ts';
import type { Weights } from './weights.ts';

export interface TransformerConfig {
  readonly layers: number;
  readonly heads: number;
  readonly activation: Activation;
  /** Of the layer normalizations. */
  readonly epsilon: number;
  /** Each token attends only to itself and the ones before it. */
  readonly causal: boolean;
  /**
   * Picks the one token of each sequence that is read, [batch, tokens, width] -> [batch, width]. Everything after the
   * last attention works on tokens one by one, so it is done for these only: the same numbers for less work. Left out
   * where all tokens are read.
   */
  pick?(tokens: Tensor): Tensor;
}

/**
 * CLIP's pre-norm transformer (openai/CLIP, model.py). Where the weights of its blocks are in half precision
 * (`mixedPrecision`), so is everything within a block; the residual stream stays in single.
 * @param x [batch, tokens, width]
 * @param prefix name of the module that holds `resblocks`, e.g. 'transformer'
 * @returns [batch, width] of the picked tokens, or [batch, tokens, width] of all
 */
export function transformer(
  x: Tensor,
  weights: Weights,
  prefix: string,
  { layers, heads, activation, epsilon, causal, pick }: TransformerConfig,
): Tensor {
  let hidden = x;
  for (let layer = 0; layer < layers; layer++) {
    const weight = (name: string) => weights(`${prefix}.resblocks.${layer}.${name}`);
    const precision = precisionOf(weight('mlp.c_fc.weight'));
    const norm = (input: Tensor, name: string) =>
      layernorm(input, weight(`${name}.weight`), weight(`${name}.bias`), { precision, epsilon });
    hidden = checkpoint(hidden);

    const qkv = linear(norm(hidden, 'ln_1'), weight('attn.in_proj_weight'), { bias: weight('attn.in_proj_bias') });
    let mixed = attention(qkv, { heads, causal });
    if (pick && layer === layers - 1) [mixed, hidden] = [pick(cast(mixed, 'f32')), pick(hidden)];
    hidden = linear(mixed, weight('attn.out_proj.weight'), { bias: weight('attn.out_proj.bias'), residual: hidden });

    const inner = linear(norm(hidden, 'ln_2'), weight('mlp.c_fc.weight'), {
      bias: weight('mlp.c_fc.bias'),
      activation,
    });
    hidden = linear(inner, weight('mlp.c_proj.weight'), { bias: weight('mlp.c_proj.bias'), residual: hidden });
  }
  return hidden;
}
