import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { lanesFor } from '../softmax-cross-entropy/lanes.ts';
import { preferredOnGpus, sharedRows } from '../sum/reduce.ts';
import { l2NormalizeBackwardKernel } from './l2-normalize.backward.wgsl.ts';
import { l2NormalizeBackwardWorkgroupKernel } from './l2-normalize.backward.workgroup.wgsl.ts';
import { l2NormalizeDotKernel } from './l2-normalize.dot.wgsl.ts';
import { l2NormalizeKernel } from './l2-normalize.wgsl.ts';
import { l2NormalizeWorkgroupKernel } from './l2-normalize.workgroup.wgsl.ts';

interface Attributes {
  readonly epsilon: number;
}

const sizes = ({ shape }: Tensor) => {
  const columns = shape[shape.length - 1];
  const rows = elements(shape) / columns;
  return { rows, columns, lanes: lanesFor(rows, columns) };
};

/** Threads that share a row of whole vec4s, with four of them each, and the grid for them. */
function workgroups({ rows, columns }: ReturnType<typeof sizes>) {
  const columns4 = columns / 4;
  const { fan, grid } = sharedRows(rows, columns4, 4);
  return { params: { rows, columns4, fan }, grid };
}

const variants = {
  plain: () => true,
  workgroup: preferredOnGpus, // of rows of whole vec4s; the others are plain
};

const definition: OpDefinition<Attributes> = {
  name: 'l2Normalize',
  outputs(inputs) {
    const [{ shape, dtype }] = inputs;
    expectShapes(dtype === 'f32' && shape.length > 0, 'l2Normalize', 'x f32[..., n]', inputs);
    return [
      { shape, dtype },
      { shape: [...shape.slice(0, -1), 1], dtype },
    ];
  },
  variants,
  launch({ inputs: [x], outputs: [y, norms], attributes: { epsilon }, variant, scratch }) {
    const size = sizes(x);
    if (variant === 'workgroup' && size.columns % 4 === 0) {
      const { params, grid } = workgroups(size);
      return [dispatch(l2NormalizeWorkgroupKernel, { x, y, norms }, { ...params, epsilon }, grid)];
    }
    const grid = linearGrid(size.rows * size.lanes, 64);
    const parts = scratch([size.rows, size.lanes]);
    return [
      dispatch(l2NormalizeDotKernel, { a: x, b: x, parts }, size, grid),
      dispatch(l2NormalizeKernel, { x, parts, y, norms }, { ...size, epsilon }, grid),
    ];
  },
};

export const l2NormalizeGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ outputs: [y, norms], attributes }, [dy]) {
    return dy ? [apply(backward, [y, norms, dy], attributes)[0]] : [];
  },
};

const backward: OpDefinition<Attributes> = {
  name: 'l2Normalize.backward',
  outputs: ([y]) => [y],
  variants,
  launch({ inputs: [y, norms, dy], outputs: [dx], attributes: { epsilon }, variant, scratch }) {
    const size = sizes(y);
    if (variant === 'workgroup' && size.columns % 4 === 0) {
      const { params, grid } = workgroups(size);
      return [dispatch(l2NormalizeBackwardWorkgroupKernel, { y, norms, dy, dx }, { ...params, epsilon }, grid)];
    }
    const grid = linearGrid(size.rows * size.lanes, 64);
    const parts = scratch([size.rows, size.lanes]);
    return [
      dispatch(l2NormalizeDotKernel, { a: y, b: dy, parts }, size, grid),
      dispatch(l2NormalizeBackwardKernel, { y, norms, dy, parts, dx }, { ...size, epsilon }, grid),
    ];
  },
  noGradient: firstOrderOnly,
};

/**
 * Scales every vector of the last axis to length 1: x / max(norm(x), epsilon), as torch's `F.normalize`. Zeros stay
 * zeros.
 * @param x [..., n]
 * @returns the shape of x
 * @throws ShapeError
 */
export function l2Normalize(x: Tensor, { epsilon = 1e-12 } = {}): Tensor {
  return apply(definition, [x], { epsilon })[0];
}
