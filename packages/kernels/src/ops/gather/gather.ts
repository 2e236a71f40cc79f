import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type OpDefinition } from '../../engine/op.ts';
import { elements, type Shape, type Tensor } from '../../engine/tensor.ts';
import { fill } from '../fill/fill.wgsl.ts';
import { gatherBackwardScalar } from './gather.backward.scalar.wgsl.ts';
import { gatherBackward } from './gather.backward.wgsl.ts';
import { gatherNext } from './gather.next.wgsl.ts';
import { gatherScalar } from './gather.scalar.wgsl.ts';
import { gather as gatherKernel } from './gather.wgsl.ts';

const sizes = (shape: Shape, indices: Tensor) => ({
  rows: shape[0],
  width: elements(shape) / shape[0],
  positions: elements(indices.shape),
});

const definition: OpDefinition<object> = {
  name: 'gather',
  outputs(inputs) {
    const [x, indices] = inputs;
    const fits = x.shape.length > 0 && indices.dtype === 'u32';
    expectShapes(fits, 'gather', 'x [rows, ...rest] and indices of u32', inputs);
    return [{ shape: [...indices.shape, ...x.shape.slice(1)], dtype: x.dtype }];
  },
  launch({ inputs: [x, indices], outputs: [y] }) {
    const { rows, width, positions } = sizes(x.shape, indices);
    const bindings = { x, indices, y };
    if (width % 4 === 0) {
      const width4 = width / 4;
      return [dispatch(gatherKernel, bindings, { rows, width4, positions }, linearGrid(positions * width4, 64))];
    }
    return [dispatch(gatherScalar, bindings, { rows, width, positions }, linearGrid(positions * width, 64))];
  },
  gradient({ inputs: [x, indices] }, [dy]) {
    return [dy && apply(backward, [indices, dy], { shape: x.shape })[0]];
  },
};

const backward: OpDefinition<{ readonly shape: Shape }> = {
  name: 'gather.backward',
  outputs: (_, { shape }) => [{ shape, dtype: 'f32' }],
  launch({ inputs: [indices, dy], outputs: [dx], attributes: { shape }, scratch }) {
    const { rows, width, positions } = sizes(shape, indices);
    const next = scratch([positions], 'u32');
    const count4 = Math.ceil(elements(shape) / 4);
    const bindings = { indices, next, dy, dx };
    return [
      dispatch(fill, { y: dx }, { count4, value: 0 }, linearGrid(count4, 64)),
      dispatch(gatherNext, { indices, next }, { rows, positions }, linearGrid(positions, 64)),
      width % 4 === 0
        ? dispatch(
            gatherBackward,
            bindings,
            { rows, width4: width / 4, positions },
            linearGrid(positions * (width / 4), 64),
          )
        : dispatch(gatherBackwardScalar, bindings, { rows, width, positions }, linearGrid(positions * width, 64)),
    ];
  },
  gradient: firstOrderOnly,
};

/**
 * Rows of x by number: an embedding lookup, or one token picked out of every sequence.
 * @param x [rows, ...rest]
 * @param indices u32, any shape. Callers check their range: an index past the last row reads the last row.
 * @returns [...indices.shape, ...rest]
 * @throws ShapeError
 */
export function gather(x: Tensor, indices: Tensor): Tensor {
  return apply(definition, [x, indices], {})[0];
}
