import { type ClipConfig, encodeImage, encodeText, isVisual, type Weights } from '@webcir/clip';
import { elementwiseSum } from '@webcir/combiner';
import {
  accumulate,
  elements,
  type Graph,
  gradients,
  input,
  multiply,
  reshape,
  type StoreLayout,
  type StorePart,
  slice,
  sum,
  type Tensor,
} from '@webcir/kernels';
import { encodeGroups, type GroupLengths } from '@webcir/retrieval';
import { inBatch, type Negatives } from '../negatives/negatives.ts';
import type { ImageBatch } from './images.ts';

/** A CLIP that graphs are built on, with or without memory behind it. */
export interface ClipLayout {
  readonly config: ClipConfig;
  readonly weights: Weights;
  readonly trained: StoreLayout;
}

/**
 * The loss of a whole batch. References and targets go through the encoder as one batch. Inputs: those of `groupTexts`;
 * 'pixels' [2 batch, size, size, 3], references first, or 'reference' and 'target' [batch, embed]; what the negatives take.
 */
export function wholeLoss(
  clip: ClipLayout,
  kind: ImageBatch['kind'],
  lengths: GroupLengths,
  batch: number,
  negatives: Negatives = inBatch(batch),
): Tensor {
  const { config, weights } = clip;
  const text = encodeGroups(lengths, batch, weights, config);
  const shape = [batch, config.embedDim];
  if (kind === 'features') return stage1Loss(input('reference', shape), text, input('target', shape), negatives);
  return lossOfImages(encodeImages(2 * batch, clip), text, negatives);
}

/** What a micro-batch holds: images, or texts that are run at one length. */
export type MicroKind = { readonly encoder: 'image' } | { readonly encoder: 'text'; readonly length: number };

/**
 * The features of a micro-batch. Inputs: 'pixels' [count, size, size, 3], or 'tokens' [count, length] and
 * 'eotPositions' [count].
 */
export function microFeatures(clip: ClipLayout, kind: MicroKind, count: number): Tensor {
  if (kind.encoder === 'image') return encodeImages(count, clip);
  const { config, weights } = clip;
  return encodeText(
    input('tokens', [count, kind.length], 'u32'),
    input('eotPositions', [count], 'u32'),
    weights,
    config,
  );
}

/**
 * The loss of a batch and its gradient with respect to the features, which are the inputs 'images', references first,
 * and 'texts'; what the negatives take.
 * @param scaled gives the loss that the gradient is taken of (`Adam.scaled`)
 */
export function featureLoss(
  batch: number,
  { embedDim }: ClipConfig,
  negatives: Negatives = inBatch(batch),
  scaled = (loss: Tensor) => loss,
): Graph<'loss' | 'images' | 'texts'> {
  const inputs = [input('images', [2 * batch, embedDim]), input('texts', [batch, embedDim])] as const;
  const loss = lossOfImages(...inputs, negatives);
  const [images, texts] = gradients(scaled(loss), inputs);
  return { outputs: { loss, images, texts } };
}

/**
 * Adds a micro-batch's part of the gradients of its encoder to a store of gradients. Inputs: those of `microFeatures`;
 * 'cotangent', the gradient with respect to the features; 'keep', 0 for the first micro-batch and 1 for those that
 * follow.
 */
export function accumulateGradients(
  clip: ClipLayout,
  kind: MicroKind,
  count: number,
  store: StoreLayout,
  recompute: boolean,
): Graph<never> {
  const features = microFeatures(clip, kind, count);
  const keep = input('keep', [1]);
  // The gradient of this number is the vector-Jacobian product of 'cotangent' with the encoder.
  const product = sum(reshape(multiply(features, input('cotangent', features.shape)), [elements(features.shape)]));
  const isOfEncoder = ({ name }: StorePart) => isVisual(name) === (kind.encoder === 'image');
  const parameters = clip.trained.layout().filter(isOfEncoder);
  const totals = store.layout().filter(isOfEncoder);
  const found = gradients(
    product,
    parameters.map(({ tensor }) => tensor),
    { recompute },
  );
  return { outputs: {}, updates: totals.map(({ tensor }, i) => accumulate(tensor, found[i], keep)) };
}

function encodeImages(count: number, { config, weights }: ClipLayout): Tensor {
  const size = config.imageResolution;
  return encodeImage(input('pixels', [count, size, size, 3]), weights, config);
}

const stage1Loss = (reference: Tensor, text: Tensor, target: Tensor, negatives: Negatives): Tensor =>
  negatives.loss({ reference, text, target }, elementwiseSum);

/** @param images [2 batch, embed], references first */
function lossOfImages(images: Tensor, text: Tensor, negatives: Negatives): Tensor {
  const [batch] = text.shape;
  return stage1Loss(slice(images, 0, 0, batch), text, slice(images, 0, batch, batch), negatives);
}
