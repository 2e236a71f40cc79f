import type { Capabilities } from '../../engine/capabilities.ts';
import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../engine/tensor.ts';
import { cast, type Precision } from '../cast/cast.ts';
import { slicesFor, sumSlices } from '../sum/sum.ts';
import { layernormBackwardWeight } from './layernorm.backward.weight.wgsl.ts';
import { layernormBackward } from './layernorm.backward.wgsl.ts';
import { layernormSubgroup } from './layernorm.subgroup.wgsl.ts';
import { layernorm as layernormKernel } from './layernorm.wgsl.ts';

interface Attributes {
  readonly epsilon: number;
}

const sizes = ({ shape }: Tensor) => {
  const width = shape[shape.length - 1];
  return { rows: elements(shape) / width, width, width4: width / 4 };
};

const definition: OpDefinition<Attributes> = {
  name: 'layernorm',
  outputs(inputs) {
    const [x, weight, bias] = inputs;
    const { rows, width } = sizes(x);
    const fits = width % 4 === 0 && [weight, bias].every(({ shape }) => shape.length === 1 && shape[0] === width);
    expectShapes(fits, 'layernorm', 'x [..., width], weight [width], bias [width], width a multiple of 4', inputs);
    return [
      { shape: x.shape, dtype: 'f32' },
      { shape: [rows, 2], dtype: 'f32' },
    ];
  },
  variants: {
    subgroup: ({ subgroupSize }: Capabilities) => subgroupSize === 8,
    plain: () => true,
  },
  launch({ inputs: [x, weight, bias], outputs: [y, statistics], attributes: { epsilon }, variant, used }) {
    const { rows, width4 } = sizes(x);
    const bindings = { x, weight, bias, y, statistics };
    const params = { rows, width4, epsilon, saveStatistics: used(statistics) ? 1 : 0 };
    if (variant === 'subgroup') return [dispatch(layernormSubgroup, bindings, params, linearGrid(rows, 8))];
    return [dispatch(layernormKernel, bindings, params, linearGrid(rows, 64))];
  },
  gradient({ inputs: [x, weight], outputs: [, statistics], needed }, [dy]) {
    if (!dy) return [];
    const dx = needed[0] ? apply(backward, [x, weight, statistics, dy], {})[0] : undefined;
    const [dWeight, dBias] = needed[1] || needed[2] ? apply(backwardWeight, [x, statistics, dy], {}) : [];
    return [dx, dWeight, dBias];
  },
};

const backward: OpDefinition<object> = {
  name: 'layernorm.backward',
  outputs: ([x]) => [x],
  launch({ inputs: [x, weight, statistics, dy], outputs: [dx] }) {
    const { rows, width4 } = sizes(x);
    return [dispatch(layernormBackward, { x, weight, statistics, dy, dx }, { rows, width4 }, linearGrid(rows, 64))];
  },
  gradient: firstOrderOnly,
};

const backwardWeight: OpDefinition<object> = {
  name: 'layernorm.backward.weight',
  outputs([x]) {
    const { width } = sizes(x);
    return [
      { shape: [width], dtype: 'f32' },
      { shape: [width], dtype: 'f32' },
    ];
  },
  launch({ inputs: [x, statistics, dy], outputs: [dWeight, dBias], scratch }) {
    const { rows, width, width4 } = sizes(x);
    const { slices, rowsPerSlice } = slicesFor(rows, width4);
    const partWeight = scratch([slices, width]);
    const partBias = scratch([slices, width]);
    return [
      dispatch(
        layernormBackwardWeight,
        { x, statistics, dy, partWeight, partBias },
        { rows, width4, rowsPerSlice, slices },
        linearGrid(slices * width4, 64),
      ),
      sumSlices(partWeight, dWeight),
      sumSlices(partBias, dBias),
    ];
  },
  gradient: firstOrderOnly,
};

/**
 * Layer normalization over the last axis (Ba et al. 2016, arXiv 1607.06450): (x - mean) / sqrt(variance + epsilon) * weight + bias.
 * @param x [..., width], width a multiple of 4
 * @param weight [width]
 * @param bias [width]
 * @returns the shape of x
 * @throws ShapeError
 */
export function layernorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { epsilon = 1e-5, precision = 'f32' }: { epsilon?: number; precision?: Precision } = {},
): Tensor {
  return cast(apply(definition, [x, weight, bias], { epsilon })[0], precision);
}
