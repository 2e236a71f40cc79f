import {
  add,
  attentionPool,
  averagePool,
  batchnorm,
  checkpoint,
  concat,
  conv2d,
  linear,
  relu,
  reshape,
  slice,
  type Tensor,
} from '@webcir/kernels';
import type { ResnetConfig } from '../config.ts';
import type { Weights } from './weights.ts';

/**
 * CLIP's ModifiedResNet: a stem of three convolutions, average pooling instead of strides, attention pooling at the
 * end. BatchNorm always uses its stored statistics, as CLIP4Cir trains with the model in eval mode.
 * @param pixels [batch, size, size, 3], normalized
 * @returns [batch, embed], not normalized
 */
export function encodeImageResnet(
  pixels: Tensor,
  weights: Weights,
  { layers, heads, foldedBatchNorm: folded = false }: ResnetConfig,
): Tensor {
  let x = checkpoint(stem(pixels, weights, folded));
  for (const [index, blocks] of layers.entries()) {
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 && index > 0 ? 2 : 1;
      x = checkpoint(bottleneck(x, weights, folded, `visual.layer${index + 1}.${block}`, stride, block === 0));
    }
  }
  return pool(x, weights, heads);
}

interface Convolution {
  /** Name of the convolution, e.g. 'visual.layer1.0.conv1'. */
  readonly conv: string;
  /** Name of the BatchNorm after it. */
  readonly bn: string;
  readonly stride?: number;
  readonly padding?: number;
  readonly activation?: 'relu';
}

/** A convolution with its BatchNorm, or with the bias that remains of it (`foldBatchNorm`). */
function convolve(x: Tensor, weights: Weights, folded: boolean, convolution: Convolution): Tensor {
  const { conv, bn, activation, ...geometry } = convolution;
  const weight = weights(`${conv}.weight`);
  if (folded) return conv2d(x, weight, { ...geometry, activation, bias: weights(`${bn}.bias`) });
  const [scale, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
    weights(`${bn}.${part}`),
  );
  const normalized = batchnorm(conv2d(x, weight, geometry), scale, bias, mean, variance);
  return activation ? relu(normalized) : normalized;
}

function stem(pixels: Tensor, weights: Weights, folded: boolean): Tensor {
  let x = pixels;
  for (const i of [1, 2, 3]) {
    const stride = i === 1 ? 2 : 1;
    x = convolve(x, weights, folded, {
      conv: `visual.conv${i}`,
      bn: `visual.bn${i}`,
      stride,
      padding: 1,
      activation: 'relu',
    });
  }
  return averagePool(x, 2);
}

function bottleneck(
  x: Tensor,
  weights: Weights,
  folded: boolean,
  name: string,
  stride: number,
  projects: boolean,
): Tensor {
  const apply = (input: Tensor, i: number, options: { padding?: number; activation?: 'relu' }) =>
    convolve(input, weights, folded, { conv: `${name}.conv${i}`, bn: `${name}.bn${i}`, ...options });
  const pooled = (input: Tensor) => (stride > 1 ? averagePool(input, stride) : input);

  const narrow = apply(x, 1, { activation: 'relu' });
  const inner = pooled(apply(narrow, 2, { padding: 1, activation: 'relu' }));
  const downsample = { conv: `${name}.downsample.0`, bn: `${name}.downsample.1` };
  const shortcut = projects ? convolve(pooled(x), weights, folded, downsample) : x;
  return relu(add(apply(inner, 3, {}), shortcut));
}

function pool(x: Tensor, weights: Weights, heads: number): Tensor {
  const [batch, height, width, channels] = x.shape;
  const project = (input: Tensor, name: string) =>
    linear(input, weights(`visual.attnpool.${name}.weight`), { bias: weights(`visual.attnpool.${name}.bias`) });
  const mean = reshape(averagePool(x, height), [batch, 1, channels]);
  const pixels = reshape(x, [batch, height * width, channels]);
  const tokens = add(concat([mean, pixels], 1), weights('visual.attnpool.positional_embedding'));
  const query = reshape(slice(tokens, 1, 0, 1), [batch, channels]);
  const pooled = attentionPool(project(query, 'q_proj'), project(tokens, 'k_proj'), project(tokens, 'v_proj'), {
    heads,
  });
  return project(pooled, 'c_proj');
}
