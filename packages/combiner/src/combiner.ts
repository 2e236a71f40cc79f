import {
  add,
  cast,
  concat,
  dropout,
  l2Normalize,
  linear,
  multiply,
  type StoreEntry,
  sigmoid,
  subtract,
  type Tensor,
} from '@webcir/kernels';

/** The sizes of a Combiner. */
export interface CombinerConfig {
  /** Width of CLIP's features. */
  readonly featureDim: number;
  /** Width that each feature is projected to; CLIP4Cir takes 4 * featureDim. */
  readonly projectionDim: number;
  /** Width of the hidden layers; CLIP4Cir takes 8 * featureDim. */
  readonly hiddenDim: number;
}

/** The dropout of a hidden layer, while a Combiner is trained (`combinerDropout`). @param stream tells the layers apart */
export type CombinerDropout = (x: Tensor, stream: number) => Tensor;

/**
 * Dropout for `combine`. It is made apart so that the code of whoever only searches holds none.
 * @param seed u32 [2], different at every step
 * @param probability of a zero, 0.5 in CLIP4Cir
 */
export const combinerDropout =
  (seed: Tensor, probability: number): CombinerDropout =>
  (x, stream) =>
    dropout(x, seed, { probability, stream });

/** Finds a tensor of the Combiner by its name in CLIP4Cir's checkpoints. */
type Weights = (name: string) => Tensor;

/** Names and shapes of the Combiner's tensors, in the order of CLIP4Cir's state dict. */
export function combinerEntries({ featureDim, projectionDim, hiddenDim }: CombinerConfig): StoreEntry[] {
  const layer = (name: string, out: number, inner: number): StoreEntry[] => [
    { name: `${name}.weight`, shape: [out, inner] },
    { name: `${name}.bias`, shape: [out] },
  ];
  return [
    ...layer('text_projection_layer', projectionDim, featureDim),
    ...layer('image_projection_layer', projectionDim, featureDim),
    ...layer('combiner_layer', hiddenDim, 2 * projectionDim),
    ...layer('output_layer', featureDim, hiddenDim),
    ...layer('dynamic_scalar.0', hiddenDim, 2 * projectionDim),
    ...layer('dynamic_scalar.3', 1, hiddenDim),
  ];
}

/**
 * The same weights for mixed precision: matrices are given in half precision, and so is what they are multiplied with.
 * The last layer of lambda has a single row, and stays as it is.
 */
export const mixedPrecision =
  (weights: Weights): Weights =>
  (name) =>
    /(_layer|dynamic_scalar\.0)\.weight$/.test(name) ? cast(weights(name), 'f16') : weights(name);

/** What a Combiner makes of a batch of queries, before it adds it up. */
export interface CombinerParts {
  /** v(c), what the network learns beyond a mixture of its inputs, [batch, featureDim]. */
  readonly learned: Tensor;
  /** How much of the mixture is text, from 0 to 1, [batch, 1]. */
  readonly lambda: Tensor;
  /** The mixture, lambda * text + (1 - lambda) * image, [batch, featureDim]. */
  readonly convex: Tensor;
}

/**
 * The Combiner of CLIP4Cir (Baldrati et al. 2022, combiner.py): mixes an image and a text feature into a query feature,
 * v(c) + lambda * text + (1 - lambda) * image, with c the two projections side by side (text first), lambda one
 * number per query, and both features as CLIP gives them, not normalized.
 * @param image [batch, featureDim]
 * @param text [batch, featureDim]
 * @param drop while the Combiner is trained
 * @returns query features [batch, featureDim], L2-normalized
 */
export function combine(image: Tensor, text: Tensor, weights: Weights, drop?: CombinerDropout): Tensor {
  const { learned, convex } = combinerParts(image, text, weights, drop);
  return l2Normalize(add(learned, convex));
}

/** The terms of `combine`, which takes the same. */
export function combinerParts(
  image: Tensor,
  text: Tensor,
  weights: Weights,
  drop: CombinerDropout = (x) => x,
): CombinerParts {
  const layer = (x: Tensor, name: string, activation?: 'relu') =>
    linear(x, weights(`${name}.weight`), { bias: weights(`${name}.bias`), activation });

  const projectedText = drop(layer(text, 'text_projection_layer', 'relu'), 0);
  const projectedImage = drop(layer(image, 'image_projection_layer', 'relu'), 1);
  const both = concat([projectedText, projectedImage], 1);
  const learned = layer(drop(layer(both, 'combiner_layer', 'relu'), 2), 'output_layer');
  const lambda = sigmoid(layer(drop(layer(both, 'dynamic_scalar.0', 'relu'), 3), 'dynamic_scalar.3'));

  // lambda * text + (1 - lambda) * image
  const convex = add(image, multiply(subtract(text, image), lambda));
  return { learned, lambda, convex };
}
