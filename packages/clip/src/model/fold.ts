import type { ClipModel, ModelTensor } from './model.ts';

const epsilon = 1e-5;

/**
 * Folds the frozen BatchNorm of a ResNet into the convolution before it: weight * s and bias - mean * s, with s = scale
 * / sqrt(variance + epsilon). The features stay the same, for less work. For encoding only: a folded model can be
 * neither trained nor saved as a CLIP.
 * @returns the model itself if it has no BatchNorm
 */
export function foldBatchNorm<Model extends ClipModel>(model: Model): Model {
  const { vision } = model.config;
  if (vision.kind !== 'resnet' || vision.foldedBatchNorm) return model;
  const tensors = new Map(model.tensors);
  const norms = [...tensors.keys()]
    .filter((name) => name.endsWith('.running_mean'))
    .map((name) => name.slice(0, -'.running_mean'.length));
  for (const bn of norms) {
    const conv = convolutionBefore(bn);
    const [scale, bias, mean, variance, weight] = [
      `${bn}.weight`,
      `${bn}.bias`,
      `${bn}.running_mean`,
      `${bn}.running_var`,
      `${conv}.weight`,
    ].map((name) => take(model, name));
    const factor = async () => {
      const [scales, variances] = [await scale.read(), await variance.read()];
      return scales.map((value, i) => value / Math.sqrt(variances[i] + epsilon));
    };
    tensors.set(`${conv}.weight`, {
      shape: weight.shape,
      async read() {
        const [factors, values] = [await factor(), await weight.read()];
        const size = values.length / factors.length;
        return values.map((value, i) => value * factors[Math.floor(i / size)]);
      },
    });
    tensors.set(`${bn}.bias`, {
      shape: bias.shape,
      async read() {
        const [factors, means, values] = [await factor(), await mean.read(), await bias.read()];
        return values.map((value, i) => value - means[i] * factors[i]);
      },
    });
    for (const part of ['weight', 'running_mean', 'running_var']) tensors.delete(`${bn}.${part}`);
  }
  return { ...model, tensors, config: { ...model.config, vision: { ...vision, foldedBatchNorm: true } } };
}

/** 'layer1.0.bn2' follows 'layer1.0.conv2', 'layer1.0.downsample.1' follows 'layer1.0.downsample.0'. */
const convolutionBefore = (bn: string): string =>
  bn.replace(/downsample\.1$/, 'downsample.0').replace(/bn(\d)$/, 'conv$1');

function take({ tensors }: ClipModel, name: string): ModelTensor {
  const tensor = tensors.get(name);
  if (!tensor) throw new Error(`CLIP weights: ${name} is missing, which the BatchNorm beside it needs`);
  return tensor;
}
