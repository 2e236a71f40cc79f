import { type Dispatch, dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { multiply } from '../binary/binary.ts';
import { broadcast } from '../broadcast/broadcast.ts';
import { fill } from '../fill/fill.ts';
import { sumRowsKernel } from './sum.rows.wgsl.ts';
import { sumScalarKernel } from './sum.scalar.wgsl.ts';
import { sumKernel } from './sum.wgsl.ts';

/** How many slices of the rows keep about 4,096 threads busy, and how many rows each then has (at least 16). */
export function slicesFor(rows: number, columns: number): { slices: number; rowsPerSlice: number } {
  const wanted = Math.max(1, Math.floor(4096 / columns));
  const rowsPerSlice = Math.max(16, Math.ceil(rows / wanted));
  return { slices: Math.ceil(rows / rowsPerSlice), rowsPerSlice };
}

/** Adds up slices: parts [slices, columns] into total [columns]. The second stage of every two-stage sum. */
export function sumSlices(parts: Tensor, total: Tensor): Dispatch {
  const rows = parts.shape[0];
  return sumColumns(parts, total, { rows, columns: elements(total.shape), rowsPerSlice: rows, slices: 1 });
}

interface Slices {
  readonly rows: number;
  readonly columns: number;
  readonly rowsPerSlice: number;
  readonly slices: number;
}

function sumColumns(x: Tensor, part: Tensor, { rows, columns, rowsPerSlice, slices }: Slices): Dispatch {
  const bindings = { x, part };
  if (columns % 4 > 0)
    return dispatch(
      sumScalarKernel,
      bindings,
      { rows, columns, rowsPerSlice, slices },
      linearGrid(slices * columns, 64),
    );
  const columns4 = columns / 4;
  return dispatch(sumKernel, bindings, { rows, columns4, rowsPerSlice, slices }, linearGrid(slices * columns4, 64));
}

interface Attributes {
  readonly axis: 'first' | 'last';
}

const definition: OpDefinition<Attributes> = {
  name: 'sum',
  takesHalf: true,
  outputs(inputs, { axis }) {
    const [{ shape, dtype }] = inputs;
    const halves = dtype === 'f16' && axis === 'first' && shape.length > 1 && shape[shape.length - 1] % 4 === 0;
    expectShapes(
      dtype === 'f32' || halves,
      'sum',
      'x of f32, or f16[rows, ..., a multiple of 4] over its rows',
      inputs,
    );
    if (axis === 'last') return [{ shape: [...shape.slice(0, -1), 1], dtype }];
    return [{ shape: shape.length > 1 ? shape.slice(1) : [1], dtype: 'f32' }];
  },
  launch({ inputs: [x], outputs: [total], attributes: { axis }, scratch }) {
    if (axis === 'last') {
      const rows = elements(total.shape);
      return [dispatch(sumRowsKernel, { x, total }, { rows, columns: elements(x.shape) / rows }, linearGrid(rows, 64))];
    }
    const rows = x.shape[0];
    const columns = elements(total.shape);
    const { slices, rowsPerSlice } = slicesFor(rows, Math.ceil(columns / 4));
    const sizes = { rows, columns, rowsPerSlice, slices };
    if (slices === 1) return [sumColumns(x, total, sizes)];
    const part = scratch([slices, columns]);
    return [sumColumns(x, part, sizes), sumSlices(part, total)];
  },
};

export const sumGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ inputs: [x], attributes: { axis } }, [dy]) {
    if (!dy) return [];
    return [axis === 'last' ? multiply(fill(x.shape, 1), dy) : broadcast(dy, x.shape)];
  },
};

/**
 * Sum over one axis.
 * @param x [rows, ...rest] or [...rest, columns]; in half precision only the former, with a multiple of 4 as its last
 *   size
 * @returns in single precision [...rest] over the first axis ([1] where x has only one), [...rest, 1] over the last
 */
export function sum(x: Tensor, axis: 'first' | 'last' = 'first'): Tensor {
  return apply(definition, [x], { axis })[0];
}
