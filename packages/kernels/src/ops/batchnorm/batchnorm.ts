import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { slicesFor, sumSlices } from '../sum/sum.ts';
import { batchnormBackwardWeightKernel } from './batchnorm.backward.weight.wgsl.ts';
import { batchnormBackwardKernel } from './batchnorm.backward.wgsl.ts';
import { batchnormKernel } from './batchnorm.wgsl.ts';

interface Attributes {
  readonly epsilon: number;
}

const sizes = ({ shape }: Tensor) => {
  const channels = shape[shape.length - 1];
  return { rows: elements(shape) / channels, channels };
};

/** The grid of kernels whose threads own one channel of eight rows. */
const gridFor = ({ rows, channels }: ReturnType<typeof sizes>) => linearGrid(Math.ceil(rows / 8) * channels, 64);

const definition: OpDefinition<Attributes> = {
  name: 'batchnorm',
  outputs(inputs) {
    const [x, ...rest] = inputs;
    const { channels } = sizes(x);
    const fits = x.shape.length > 0 && rest.every(({ shape }) => shape.length === 1 && shape[0] === channels);
    const isFloat = inputs.every(({ dtype }) => dtype === 'f32');
    const expected = 'x f32[..., channels], and weight, bias, mean, variance f32[channels]';
    expectShapes(fits && isFloat, 'batchnorm', expected, inputs);
    return [{ shape: x.shape, dtype: 'f32' }];
  },
  launch({ inputs: [x, weight, bias, mean, variance], outputs: [y], attributes: { epsilon } }) {
    const size = sizes(x);
    const bindings = { x, weight, bias, mean, variance, y };
    return [dispatch(batchnormKernel, bindings, { ...size, epsilon }, gridFor(size))];
  },
};

export const batchnormGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ inputs: [x, weight, , mean, variance], attributes, needed }, [dy]) {
    if (!dy) return [];
    const dx = needed[0] ? apply(backward, [weight, variance, dy], attributes)[0] : undefined;
    const [dWeight, dBias] = needed[1] || needed[2] ? apply(backwardWeight, [x, mean, variance, dy], attributes) : [];
    return [dx, dWeight, dBias, undefined, undefined];
  },
};

const backward: OpDefinition<Attributes> = {
  name: 'batchnorm.backward',
  outputs: ([, , dy]) => [dy],
  launch({ inputs: [weight, variance, dy], outputs: [dx], attributes: { epsilon } }) {
    const size = sizes(dy);
    return [dispatch(batchnormBackwardKernel, { weight, variance, dy, dx }, { ...size, epsilon }, gridFor(size))];
  },
  noGradient: firstOrderOnly,
};

const backwardWeight: OpDefinition<Attributes> = {
  name: 'batchnorm.backward.weight',
  outputs: ([, mean]) => [mean, mean],
  launch({ inputs: [x, mean, variance, dy], outputs: [dWeight, dBias], attributes: { epsilon }, scratch }) {
    const { rows, channels } = sizes(x);
    const { slices, rowsPerSlice } = slicesFor(rows, channels);
    const partWeight = scratch([slices, channels]);
    const partBias = scratch([slices, channels]);
    return [
      dispatch(
        batchnormBackwardWeightKernel,
        { x, mean, variance, dy, partWeight, partBias },
        { rows, channels, rowsPerSlice, slices, epsilon },
        linearGrid(slices * channels, 64),
      ),
      sumSlices(partWeight, dWeight),
      sumSlices(partBias, dBias),
    ];
  },
  noGradient: firstOrderOnly,
};

/**
 * Batch normalization with frozen statistics (Ioffe and Szegedy 2015, arXiv 1502.03167, at inference): (x - mean) /
 * sqrt(variance + epsilon) * weight + bias for each channel. Mean and variance are constants: they get no gradient.
 * @param x [..., channels]
 * @param weight [channels], as are bias, mean and variance
 * @returns the shape of x
 * @throws ShapeError
 */
export function batchnorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  mean: Tensor,
  variance: Tensor,
  { epsilon = 1e-5 } = {},
): Tensor {
  return apply(definition, [x, weight, bias, mean, variance], { epsilon })[0];
}
