import { apply, expectShapes, type Gradient, type OpDefinition } from '../../engine/op.ts';
import type { Shape, Tensor } from '../../graph.ts';
import { copyBlock, rowsFrom, slice } from '../slice/slice.ts';

interface Attributes {
  readonly axis: number;
}

/** Where each of the tensors begins along the axis, and where the last one ends. */
function starts(tensors: readonly Tensor[], axis: number): number[] {
  const found = [0];
  for (const { shape } of tensors) found.push(found[found.length - 1] + shape[axis]);
  return found;
}

const withSize = (shape: Shape, axis: number, size: number) => shape.map((length, i) => (i === axis ? size : length));

const definition: OpDefinition<Attributes> = {
  name: 'concat',
  outputs(inputs, { axis }) {
    const [first] = inputs;
    const fits = inputs.every(
      ({ shape, dtype }) =>
        `${dtype} ${withSize(shape, axis, 0)}` === `${first.dtype} ${withSize(first.shape, axis, 0)}`,
    );
    const axisExists = first !== undefined && axis in first.shape;
    expectShapes(axisExists && fits, 'concat', `tensors of one type and equal sizes but for axis ${axis}`, inputs);
    return [{ shape: withSize(first.shape, axis, starts(inputs, axis)[inputs.length]), dtype: first.dtype }];
  },
  launch({ inputs, outputs: [y], attributes: { axis } }) {
    const from = starts(inputs, axis);
    const { rows, row: yRow, inner } = rowsFrom(y.shape, axis);
    return inputs.map((x, i) => {
      const columns = x.shape[axis] * inner;
      return copyBlock(x, y, { rows, columns, xRow: columns, yRow, xStart: 0, yStart: from[i] * inner });
    });
  },
};

export const concatGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ inputs, attributes: { axis }, needed }, [dy]) {
    const from = starts(inputs, axis);
    return inputs.map(({ shape }, i) => (dy && needed[i] ? slice(dy, axis, from[i], shape[axis]) : undefined));
  },
};

/**
 * Lays tensors side by side along one axis.
 * @param tensors at least one; their other sizes and their type are equal
 * @param axis counted from 0
 * @throws ShapeError
 */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  return apply(definition, tensors, { axis })[0];
}
