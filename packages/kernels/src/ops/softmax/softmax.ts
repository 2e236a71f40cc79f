import type { Capabilities } from '../../engine/capabilities.ts';
import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { preferredOnGpus, sharedRows } from '../sum/reduce.ts';
import { softmaxBackwardSubgroupKernel } from './softmax.backward.subgroup.wgsl.ts';
import { softmaxBackwardKernel } from './softmax.backward.wgsl.ts';
import { softmaxBackwardWorkgroupKernel } from './softmax.backward.workgroup.wgsl.ts';
import { softmaxSubgroupKernel } from './softmax.subgroup.wgsl.ts';
import { softmaxKernel } from './softmax.wgsl.ts';
import { softmaxWorkgroupKernel } from './softmax.workgroup.wgsl.ts';

const sizes = ({ shape }: Tensor) => {
  const columns = shape[shape.length - 1];
  return { rows: elements(shape) / columns, columns };
};

/** Columns that lie in 24 vec4s, three for each of eight lanes, wherever a row starts within a vec4. */
const maxSubgroupColumns = 93;

/** Rows per subgroup, a multiple of four: about 256 subgroups remain, which keeps many cores busy. */
function subgroups({ rows, columns }: ReturnType<typeof sizes>) {
  const rowsPerGroup = 4 * Math.ceil(rows / 1024);
  return { params: { rows, columns, rowsPerGroup }, grid: linearGrid(Math.ceil(rows / rowsPerGroup), 1) };
}

/** Threads that share a row, with eight values of it each, and the grid for them. */
function workgroups({ rows, columns }: ReturnType<typeof sizes>) {
  const { fan, grid } = sharedRows(rows, columns, 8);
  return { params: { rows, columns, fan }, grid };
}

const variants = {
  subgroup: ({ subgroupSize }: Capabilities) => subgroupSize === 8,
  plain: () => true,
  workgroup: preferredOnGpus,
};

const definition: OpDefinition<object> = {
  name: 'softmax',
  outputs(inputs) {
    const [{ shape, dtype }] = inputs;
    expectShapes(dtype === 'f32' && shape.length > 0, 'softmax', 'x f32[..., columns]', inputs);
    return [{ shape, dtype }];
  },
  variants,
  launch({ inputs: [x], outputs: [y], variant }) {
    const size = sizes(x);
    if (variant === 'subgroup' && size.columns <= maxSubgroupColumns) {
      const { params, grid } = subgroups(size);
      return [dispatch(softmaxSubgroupKernel, { x, result: y }, params, grid)];
    }
    if (variant === 'workgroup') {
      const { params, grid } = workgroups(size);
      return [dispatch(softmaxWorkgroupKernel, { x, y }, params, grid)];
    }
    return [dispatch(softmaxKernel, { x, y }, size, linearGrid(size.rows, 64))];
  },
};

export const softmaxGradient: Gradient<object> = {
  of: definition,
  vjp({ outputs: [y] }, [dy]) {
    return dy ? [apply(backward, [y, dy], {})[0]] : [];
  },
};

const backward: OpDefinition<object> = {
  name: 'softmax.backward',
  outputs: ([y]) => [y],
  variants,
  launch({ inputs: [y, dy], outputs: [dx], variant }) {
    const size = sizes(y);
    if (variant === 'subgroup' && size.columns <= maxSubgroupColumns) {
      const { params, grid } = subgroups(size);
      return [dispatch(softmaxBackwardSubgroupKernel, { y, dy, result: dx }, params, grid)];
    }
    if (variant === 'workgroup') {
      const { params, grid } = workgroups(size);
      return [dispatch(softmaxBackwardWorkgroupKernel, { y, dy, dx }, params, grid)];
    }
    return [dispatch(softmaxBackwardKernel, { y, dy, dx }, size, linearGrid(size.rows, 64))];
  },
  noGradient: firstOrderOnly,
};

/**
 * Softmax over the last axis: exp(x) / sum(exp(row)), stable for any finite x.
 * @param x [..., columns]
 * @returns the shape of x; every row adds up to 1
 * @throws ShapeError
 */
export function softmax(x: Tensor): Tensor {
  return apply(definition, [x], {})[0];
}
