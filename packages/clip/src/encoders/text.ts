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
 * A model's text encoder. CLIP's is causal and read at the end-of-text token, so that positions after the longest
 * caption of a batch cannot matter: `tokens` may be as short as that caption. SigLIP's looks in both directions, at the
 * padding too, and is read at the last position: its texts are as long as the context (`textTokenizer`).
 * @param tokens u32 [batch, length], length <= context length
 * @param eotPositions u32 [batch]: batch index * length + position of the token that is read
 * @returns [batch, embed], not normalized
 */
export function encodeText(tokens: Tensor, eotPositions: Tensor, weights: Weights, config: ClipConfig): Tensor {
  const { family, textLayers: layers, textHeads: heads, activation, layerNormEpsilon: epsilon } = config;
  const [batch, length] = tokens.shape;
  const positions = slice(weights('positional_embedding'), 0, 0, length);
  const embedded = add(embed(tokens, weights.parts(tokenTable)), positions);
  const pick = (hidden: Tensor) => gather(reshape(hidden, [batch * length, config.textWidth]), eotPositions);
  const last = transformer(embedded, weights, 'transformer', {
    layers,
    heads,
    activation,
    epsilon,
    causal: family === 'clip',
    pick,
  });
  const normalized = layernorm(last, weights('ln_final.weight'), weights('ln_final.bias'), { epsilon });
  const projected = matmul(normalized, weights('text_projection'));
  return checkpoint(family === 'clip' ? projected : add(projected, weights('text_projection_bias')));
}

/** Looks up the tokens' rows in a table. Each part gives zeros for the rows of the others. */
const embed = (tokens: Tensor, parts: readonly StorePart[]): Tensor =>
  parts.map(({ tensor, firstRow }) => gather(tensor, tokens, { firstRow })).reduce((sum, rows) => add(sum, rows));
