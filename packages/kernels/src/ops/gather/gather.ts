import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Shape, type Tensor } from '../../graph.ts';
import { dequantize } from '../dequantize/dequantize.ts';
import { quantized } from '../dequantize/quantized.ts';
import { fillKernel } from '../fill/fill.wgsl.ts';
import { gatherBackwardScalarKernel } from './gather.backward.scalar.wgsl.ts';
import { gatherBackwardKernel } from './gather.backward.wgsl.ts';
import { gatherNextKernel } from './gather.next.wgsl.ts';
import { gatherScalarKernel } from './gather.scalar.wgsl.ts';
import { gatherKernel } from './gather.wgsl.ts';

const sizes = (shape: Shape, indices: Tensor) => ({
  rows: shape[0],
  width: elements(shape) / shape[0],
  positions: elements(indices.shape),
});

/** Rows of bytes are copied in whole words. */
const hasWords = ({ dtype, shape }: Tensor) => dtype !== 'i8' || (elements(shape) / shape[0]) % 4 === 0;

interface Attributes {
  /** The row of the whole table that is row 0 of x. */
  readonly firstRow: number;
}

const definition: OpDefinition<Attributes> = {
  name: 'gather',
  takesInt8: true,
  outputs(inputs) {
    const [x, indices] = inputs;
    const fits = x.shape.length > 0 && indices.dtype === 'u32' && hasWords(x);
    expectShapes(fits, 'gather', 'x [rows, ...rest], of bytes in whole words, and indices of u32', inputs);
    return [{ shape: [...indices.shape, ...x.shape.slice(1)], dtype: x.dtype }];
  },
  launch({ inputs: [x, indices], outputs: [y], attributes: { firstRow } }) {
    const { rows, width: values, positions } = sizes(x.shape, indices);
    const width = x.dtype === 'i8' ? values / 4 : values;
    const bindings = { x, indices, y };
    if (width % 4 === 0) {
      const params = { rows, firstRow, width4: width / 4, positions };
      return [dispatch(gatherKernel, bindings, params, linearGrid(positions * params.width4, 64))];
    }
    const params = { rows, firstRow, width, positions };
    return [dispatch(gatherScalarKernel, bindings, params, linearGrid(positions * width, 64))];
  },
};

export const gatherGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ inputs: [x, indices], attributes }, [dy]) {
    return [dy && apply(backward, [indices, dy], { ...attributes, shape: x.shape })[0]];
  },
};

const backward: OpDefinition<Attributes & { readonly shape: Shape }> = {
  name: 'gather.backward',
  outputs: (_, { shape }) => [{ shape, dtype: 'f32' }],
  launch({ inputs: [indices, dy], outputs: [dx], attributes: { shape, firstRow }, scratch }) {
    const { rows, width, positions } = sizes(shape, indices);
    const next = scratch([positions], 'u32');
    const count4 = Math.ceil(elements(shape) / 4);
    const bindings = { indices, next, dy, dx };
    return [
      dispatch(fillKernel, { y: dx }, { count4, value: 0 }, linearGrid(count4, 64)),
      dispatch(gatherNextKernel, { indices, next }, { positions }, linearGrid(positions, 64)),
      width % 4 === 0
        ? dispatch(
            gatherBackwardKernel,
            bindings,
            { rows, firstRow, width4: width / 4, positions },
            linearGrid(positions * (width / 4), 64),
          )
        : dispatch(
            gatherBackwardScalarKernel,
            bindings,
            { rows, firstRow, width, positions },
            linearGrid(positions * width, 64),
          ),
    ];
  },
  noGradient: firstOrderOnly,
};

/**
 * Rows of x by number: an embedding lookup, or one token picked out of every sequence. Of a table in int8
 * (`dequantize`), only these rows become floats.
 * @param x [rows, ...rest]: a table, or its rows from `firstRow` on. A table in several parts is gathered from by the
 *   sum over its parts.
 * @param indices u32, any shape, into the whole table. An index of a row that x does not hold reads zeros.
 * @returns [...indices.shape, ...rest]
 * @throws ShapeError
 */
export function gather(x: Tensor, indices: Tensor, { firstRow = 0 } = {}): Tensor {
  const rows = (table: Tensor) => apply(definition, [table, indices], { firstRow })[0];
  const light = quantized(x);
  const hasRowScales = light?.scale.shape.length === 1 && hasWords(light.values);
  return hasRowScales ? dequantize(rows(light.values), rows(light.scale)) : rows(x);
}
