import {
  add,
  attentionPool,
  averagePool,
  batchnorm,
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
 * CLIP's ModifiedResNet: a stem of three convolutions, average pooling instead of strides, attention pooling at the end.
 * BatchNorm always uses its stored statistics, as CLIP4Cir trains with the model in eval mode.
 * @param pixels [batch, size, size, 3], normalized
 * @returns [batch, embed], not normalized
 */
export function encodeImageResnet(pixels: Tensor, weights: Weights, { layers, heads }: ResnetConfig): Tensor {
  let x = stem(pixels, weights);
  for (const [index, blocks] of layers.entries()) {
    for (let block = 0; block < blocks; block++) {
      const stride = block === 0 && index > 0 ? 2 : 1;
      x = bottleneck(x, weights, `visual.layer${index + 1}.${block}`, stride, block === 0);
    }
  }
  return pool(x, weights, heads);
}

function norm(x: Tensor, weights: Weights, name: string): Tensor {
  const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
    weights(`${name}.${part}`),
  );
  return batchnorm(x, weight, bias, mean, variance);
}

function stem(pixels: Tensor, weights: Weights): Tensor {
  let x = pixels;
  for (const i of [1, 2, 3]) {
    const convolved = conv2d(x, weights(`visual.conv${i}.weight`), { stride: i === 1 ? 2 : 1, padding: 1 });
    x = relu(norm(convolved, weights, `visual.bn${i}`));
  }
  return averagePool(x, 2);
}

function bottleneck(x: Tensor, weights: Weights, name: string, stride: number, projects: boolean): Tensor {
  const convolve = (input: Tensor, i: number, padding = 0) =>
    norm(conv2d(input, weights(`${name}.conv${i}.weight`), { padding }), weights, `${name}.bn${i}`);
  const pooled = (input: Tensor) => (stride > 1 ? averagePool(input, stride) : input);

  const inner = pooled(relu(convolve(relu(convolve(x, 1)), 2, 1)));
  const shortcut = projects
    ? norm(conv2d(pooled(x), weights(`${name}.downsample.0.weight`)), weights, `${name}.downsample.1`)
    : x;
  return relu(add(convolve(inner, 3), shortcut));
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
