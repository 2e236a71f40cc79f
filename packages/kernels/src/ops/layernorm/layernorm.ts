import type { Capabilities } from '../../engine/capabilities.ts';
import { type Dispatch, dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import type { Precision } from '../cast/cast.ts';
import { preferredOnGpus, sharedRows } from '../sum/reduce.ts';
import { slicesFor, sumSlices } from '../sum/sum.ts';
import { layernormBackwardSubgroupKernel } from './layernorm.backward.subgroup.wgsl.ts';
import { layernormBackwardWeightKernel } from './layernorm.backward.weight.wgsl.ts';
import { layernormBackwardKernel } from './layernorm.backward.wgsl.ts';
import { layernormBackwardWorkgroupKernel } from './layernorm.backward.workgroup.wgsl.ts';
import { layernormSubgroupKernel } from './layernorm.subgroup.wgsl.ts';
import { layernormKernel } from './layernorm.wgsl.ts';
import { layernormWorkgroupKernel } from './layernorm.workgroup.wgsl.ts';

interface Attributes {
  readonly epsilon: number;
  /** Of y. */
  readonly precision: Precision;
}

const sizes = ({ shape }: Tensor) => {
  const width = shape[shape.length - 1];
  return { rows: elements(shape) / width, width, width4: width / 4 };
};

/** Threads that share a row, with four vec4s of it each, and the grid for them. */
function workgroups({ rows, width4 }: ReturnType<typeof sizes>) {
  const { fan, grid } = sharedRows(rows, width4, 4);
  return { params: { rows, width4, fan }, grid };
}

const variants = {
  subgroup: ({ subgroupSize }: Capabilities) => subgroupSize === 8,
  plain: () => true,
  workgroup: preferredOnGpus,
};

const definition: OpDefinition<Attributes> = {
  name: 'layernorm',
  outputs(inputs, { precision }) {
    const [x, weight, bias] = inputs;
    const { rows, width } = sizes(x);
    const fits = width % 4 === 0 && [weight, bias].every(({ shape }) => shape.length === 1 && shape[0] === width);
    expectShapes(fits, 'layernorm', 'x [..., width], weight [width], bias [width], width a multiple of 4', inputs);
    return [
      { shape: x.shape, dtype: precision },
      { shape: [rows, 2], dtype: 'f32' },
    ];
  },
  variants,
  launch({ inputs: [x, weight, bias], outputs: [y, statistics], attributes, variant, used }) {
    const { epsilon } = attributes;
    const size = sizes(x);
    const bindings = { x, weight, bias, y, statistics };
    const params = { rows: size.rows, width4: size.width4, epsilon, saveStatistics: used(statistics) ? 1 : 0 };
    if (variant === 'workgroup') {
      const shared = workgroups(size);
      return [dispatch(layernormWorkgroupKernel, bindings, { ...params, ...shared.params }, shared.grid)];
    }
    if (variant === 'subgroup') {
      return [dispatch(layernormSubgroupKernel, bindings, params, linearGrid(size.rows, 8))];
    }
    return [dispatch(layernormKernel, bindings, params, linearGrid(size.rows, 64))];
  },
};

export const layernormGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ inputs: [x, weight], outputs: [, statistics], needed }, [dy]) {
    if (!dy) return [];
    const gradients = apply(backward, [x, weight, statistics, dy], {});
    return gradients.map((gradient, i) => (needed[i] ? gradient : undefined));
  },
};

const backward: OpDefinition<object> = {
  name: 'layernorm.backward',
  takesHalf: true,
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
      dispatches.push(dispatch(layernormBackwardSubgroupKernel, bindings, params, linearGrid(slices, 1)));
    } else {
      if (saveInput) dispatches.push(inputGradient({ x, weight, statistics, dy, dx }, variant));
      if (saveWeights) {
        const params = { rows, width4, rowsPerSlice, slices };
        dispatches.push(
          dispatch(
            layernormBackwardWeightKernel,
            { x, statistics, dy, partWeight, partBias },
            params,
            linearGrid(slices * width4, 64),
          ),
        );
      }
    }
    if (used(dWeight)) dispatches.push(sumSlices(partWeight, dWeight));
    if (used(dBias)) dispatches.push(sumSlices(partBias, dBias));
    return dispatches;
  },
  noGradient: firstOrderOnly,
};

function inputGradient(
  bindings: Record<'x' | 'weight' | 'statistics' | 'dy' | 'dx', Tensor>,
  variant: string,
): Dispatch {
  const size = sizes(bindings.x);
  const { rows, width4 } = size;
  if (variant === 'workgroup') {
    const { params, grid } = workgroups(size);
    return dispatch(layernormBackwardWorkgroupKernel, bindings, params, grid);
  }
  return dispatch(layernormBackwardKernel, bindings, { rows, width4 }, linearGrid(rows, 64));
}

/**
 * Layer normalization over the last axis (Ba et al. 2016, arXiv 1607.06450): (x - mean) / sqrt(variance + epsilon) *
 * weight + bias.
 * @param x [..., width], width a multiple of 4
 * @param weight [width]
 * @param bias [width]
 * @param options precision: of the result; the kernels compute in single precision whatever it is
 * @returns the shape of x
 * @throws ShapeError
 */
export function layernorm(
  x: Tensor,
  weight: Tensor,
  bias: Tensor,
  { epsilon = 1e-5, precision = 'f32' }: { epsilon?: number; precision?: Precision } = {},
): Tensor {
  return apply(definition, [x, weight, bias], { epsilon, precision })[0];
}
