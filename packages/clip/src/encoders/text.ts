import {
  add,
  checkpoint,
  gather,
  layernorm,
  matmul,
  reshape,
  type StorePart,
  slice,
  type Tensor,
} from '@webcir/kernels';
import type { ClipConfig } from '../config.ts';
import { transformer } from './transformer.ts';
import type { Weights } from './weights.ts';

/** The one tensor that is read by rows (`StoreEntry.byRows`). */
export const tokenTable = 'token_embedding.weight';

/**
 * CLIP's text encoder. It is causal and read at the end-of-text token, so that positions after the longest caption of a
 * batch cannot matter: `tokens` may be as short as that caption.
 * @param tokens u32 [batch, length], length <= context length
 * @param eotPositions u32 [batch]: batch index * length + position of the end-of-text token
 * @returns [batch, embed], not normalized
 */
export function encodeText(
  tokens: Tensor,
  eotPositions: Tensor,
  weights: Weights,
  { textLayers: layers, textHeads: heads, textWidth: width, activation, layerNormEpsilon: epsilon }: ClipConfig,
): Tensor {
  const [batch, length] = tokens.shape;
  const positions = slice(weights('positional_embedding'), 0, 0, length);
  const embedded = add(embed(tokens, weights.parts(tokenTable)), positions);
  const pick = (hidden: Tensor) => gather(reshape(hidden, [batch * length, width]), eotPositions);
  const last = transformer(embedded, weights, 'transformer', {
    layers,
    heads,
    activation,
    epsilon,
    causal: true,
    pick,
  });
  const normalized = layernorm(last, weights('ln_final.weight'), weights('ln_final.bias'), { epsilon });
  return checkpoint(matmul(normalized, weights('text_projection')));
}

/** Looks up the tokens' rows in a table. Each part gives zeros for the rows of the others. */
const embed = (tokens: Tensor, parts: readonly StorePart[]): Tensor =>
  parts.map(({ tensor, firstRow }) => gather(tensor, tokens, { firstRow })).reduce((sum, rows) => add(sum, rows));
