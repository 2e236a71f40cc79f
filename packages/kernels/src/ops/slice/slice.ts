import { type Dispatch, dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Shape, type Tensor } from '../../graph.ts';
import { sliceScalarKernel } from './slice.scalar.wgsl.ts';
import { sliceKernel } from './slice.wgsl.ts';

interface Block {
  readonly rows: number;
  /** Columns written per row. */
  readonly columns: number;
  /** Row lengths. */
  readonly xRow: number;
  readonly yRow: number;
  /** The column of x for the first column written; negative: that many zeros come first. */
  readonly xStart: number;
  /** The first column written. */
  readonly yStart: number;
}

/** Copies columns of x's rows into y's rows, with zeros where x has no such column. */
export function copyBlock(x: Tensor, y: Tensor, block: Block): Dispatch {
  const { rows, columns, xRow, yRow, xStart, yStart } = block;
  if ([columns, xRow, yRow, xStart, yStart].some((size) => size % 4 !== 0)) {
    return dispatch(sliceScalarKernel, { x, y }, { ...block }, linearGrid(rows * columns, 64));
  }
  const quarters = { columns: columns / 4, xRow: xRow / 4, yRow: yRow / 4, xStart: xStart / 4, yStart: yStart / 4 };
  return dispatch(sliceKernel, { x, y }, { rows, ...quarters }, linearGrid((rows * columns) / 4, 64));
}

/** A tensor as rows that hold everything from `axis` on. */
export function rowsFrom(shape: Shape, axis: number): { rows: number; row: number; inner: number } {
  return {
    rows: elements(shape.slice(0, axis)),
    row: elements(shape.slice(axis)),
    inner: elements(shape.slice(axis + 1)),
  };
}

interface Attributes {
  readonly axis: number;
  readonly start: number;
  readonly size: number;
}

const definition: OpDefinition<Attributes> = {
  name: 'slice',
  outputs(inputs, { axis, start, size }) {
    const [{ shape, dtype }] = inputs;
    const fits = Number.isInteger(start) && start >= 0 && size > 0 && start + size <= shape[axis];
    expectShapes(fits, 'slice', `x with at least ${start} + ${size} along axis ${axis}`, inputs);
    return [{ shape: shape.map((length, i) => (i === axis ? size : length)), dtype }];
  },
  launch({ inputs: [x], outputs: [y], attributes: { axis, start, size } }) {
    const { rows, row, inner } = rowsFrom(x.shape, axis);
    const columns = size * inner;
    return [copyBlock(x, y, { rows, columns, xRow: row, yRow: columns, xStart: start * inner, yStart: 0 })];
  },
};

export const sliceGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ inputs: [x], attributes: { axis, start } }, [dy]) {
    return [dy && apply(backward, [dy], { shape: x.shape, axis, start })[0]];
  },
};

/** The place of a slice in the whole. */
interface Place {
  readonly shape: Shape;
  readonly axis: number;
  readonly start: number;
}

const backward: OpDefinition<Place> = {
  name: 'slice.backward',
  outputs: (_, { shape }) => [{ shape, dtype: 'f32' }],
  launch({ inputs: [dy], outputs: [dx], attributes: { shape, axis, start } }) {
    const { rows, row, inner } = rowsFrom(shape, axis);
    const xRow = dy.shape[axis] * inner;
    return [copyBlock(dy, dx, { rows, columns: row, xRow, yRow: row, xStart: -start * inner, yStart: 0 })];
  },
};

export const sliceBackwardGradient: Gradient<Place> = {
  of: backward,
  vjp({ inputs: [dy], attributes: { axis, start } }, [ddx]) {
    return [ddx && slice(ddx, axis, start, dy.shape[axis])];
  },
};

/**
 * The part of x from `start` on, `size` long, along one axis.
 * @param axis counted from 0
 * @returns the shape of x with `size` along the axis
 * @throws ShapeError where x has no such part
 */
export function slice(x: Tensor, axis: number, start: number, size: number): Tensor {
  return apply(definition, [x], { axis, start, size })[0];
}
