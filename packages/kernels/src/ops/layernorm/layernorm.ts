import type { Capabilities } from '../../engine/capabilities.ts';
import { type Dispatch, dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../engine/tensor.ts';
import { cast, type Precision } from '../cast/cast.ts';
import { slicesFor, sumSlices } from '../sum/sum.ts';
import { layernormBackwardSubgroup } from './layernorm.backward.subgroup.wgsl.ts';
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

const variants = {
  subgroup: ({ subgroupSize }: Capabilities) => subgroupSize === 8,
  plain: () => true,
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
  variants,
  launch({ inputs: [x, weight, bias], outputs: [y, statistics], attributes: { epsilon }, variant, used }) {
    const { rows, width4 } = sizes(x);
    const bindings = { x, weight, bias, y, statistics };
    const params = { rows, width4, epsilon, saveStatistics: used(statistics) ? 1 : 0 };
    if (variant === 'subgroup') return [dispatch(layernormSubgroup, bindings, params, linearGrid(rows, 8))];
    return [dispatch(layernormKernel, bindings, params, linearGrid(rows, 64))];
  },
  gradient({ inputs: [x, weight], outputs: [, statistics], needed }, [dy]) {
    if (!dy) return [];
    const gradients = apply(backward, [x, weight, statistics, dy], {});
    return gradients.map((gradient, i) => (needed[i] ? gradient : undefined));
  },
};

const backward: OpDefinition<object> = {
  name: 'layernorm.backward',
  outputs: ([x, weight]) => [x, weight, weight],
  variants,
  launch({ inputs: [x, weight, statistics, dy], outputs: [dx, dWeight, dBias], variant, used, scratch }) {
    const { rows, width, width4 } = sizes(x);
    const saveInput = used(dx);
    const saveWeights = used(dWeight) || used(dBias);
    const { slices, rowsPerSlice } =
      variant === 'subgroup' ? { slices: Math.ceil(rows / 8), rowsPerSlice: 8 } : slicesFor(rows, width4);
    const parts = saveWeights ? [slices, width] : [4]; // a placeholder
    const partWeight = scratch(parts);
    const partBias = scratch(parts);
    const dispatches: Dispatch[] = [];
    if (variant === 'subgroup') {
      const bindings = { x, weight, statistics, dy, dx, partWeight, partBias };
      const params = { rows, width4, saveInput: Number(saveInput), saveWeights: Number(saveWeights) };
      dispatches.push(dispatch(layernormBackwardSubgroup, bindings, params, linearGrid(slices, 1)));
    } else {
      if (saveInput) {
        const bindings = { x, weight, statistics, dy, dx };
        dispatches.push(dispatch(layernormBackward, bindings, { rows, width4 }, linearGrid(rows, 64)));
      }
      if (saveWeights) {
        const bindings = { x, statistics, dy, partWeight, partBias };
        const params = { rows, width4, rowsPerSlice, slices };
        dispatches.push(dispatch(layernormBackwardWeight, bindings, params, linearGrid(slices * width4, 64)));
      }
    }
    if (used(dWeight)) dispatches.push(sumSlices(partWeight, dWeight));
    if (used(dBias)) dispatches.push(sumSlices(partBias, dBias));
    return dispatches;
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
