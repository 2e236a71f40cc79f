import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { constant, elements, type Tensor } from '../../graph.ts';
import { reshape } from '../reshape/reshape.ts';
import { sum } from '../sum/sum.ts';
import { binaryScalarKernel } from './binary.scalar.wgsl.ts';
import { binaryKernel } from './binary.wgsl.ts';

const operations = ['add', 'subtract', 'multiply', 'divide'] as const;
type BinaryOperation = (typeof operations)[number];

interface Attributes {
  readonly operation: BinaryOperation;
}

/**
 * How b spreads over a: value i of a meets value (i / stretch) % repeat of b. Undefined where the shapes do not fit.
 */
function broadcasting(a: Tensor, b: Tensor): { stretch: number; repeat: number } | undefined {
  const repeat = elements(b.shape);
  if (repeat === 1) return { stretch: 1, repeat };
  const tail = b.shape.length - b.shape.findIndex((size) => size > 1);
  const suffix = b.shape.slice(-tail);
  if (suffix.every((size, i) => size === a.shape[a.shape.length - tail + i])) return { stretch: 1, repeat };
  const last = a.shape.length - 1;
  const perRow =
    b.shape.length === a.shape.length && b.shape.every((size, i) => size === (i === last ? 1 : a.shape[i]));
  return perRow ? { stretch: a.shape[last], repeat } : undefined;
}

const definition: OpDefinition<Attributes> = {
  name: 'binary',
  outputs(inputs, { operation }) {
    const [a, b] = inputs;
    const fits = a.dtype === 'f32' && b.dtype === 'f32' && broadcasting(a, b) !== undefined;
    expectShapes(fits, operation, 'b of the shape of a, of a suffix of it, or with 1 instead of its last size', inputs);
    return [{ shape: a.shape, dtype: 'f32' }];
  },
  launch({ inputs: [a, b], outputs: [y], attributes }) {
    const { stretch, repeat } = broadcasting(a, b)!;
    const count = elements(a.shape);
    const operation = operations.indexOf(attributes.operation);
    if (stretch === 1 && (repeat === count || repeat % 4 === 0)) {
      const count4 = Math.ceil(count / 4);
      return [
        dispatch(
          binaryKernel,
          { a, b, y },
          { count4, repeat4: Math.ceil(repeat / 4), operation },
          linearGrid(count4, 64),
        ),
      ];
    }
    return [dispatch(binaryScalarKernel, { a, b, y }, { count, stretch, repeat, operation }, linearGrid(count, 64))];
  },
};

export const binaryGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ inputs: [a, b], outputs: [y], attributes: { operation }, needed }, [dy]) {
    if (!dy) return [];
    const da = operation === 'multiply' ? multiply(dy, b) : operation === 'divide' ? divide(dy, b) : dy;
    if (!needed[1]) return [da];
    switch (operation) {
      case 'add':
        return [da, sumTo(dy, b)];
      case 'subtract':
        return [da, scale(sumTo(dy, b), -1)];
      case 'multiply':
        return [da, sumTo(multiply(dy, a), b)];
      case 'divide':
        return [da, scale(sumTo(multiply(da, y), b), -1)];
    }
  },
};

/** Undoes the broadcast of b: sums over everything that it was spread over. */
function sumTo(full: Tensor, b: Tensor): Tensor {
  const { stretch, repeat } = broadcasting(full, b)!;
  if (repeat === elements(full.shape)) return reshape(full, b.shape);
  const total = stretch === 1 ? sum(reshape(full, [elements(full.shape) / repeat, repeat])) : sum(full, 'last');
  return reshape(total, b.shape);
}

const binary = (operation: BinaryOperation, a: Tensor, b: Tensor): Tensor =>
  apply(definition, [a, b], { operation })[0];

/**
 * Element-wise arithmetic; b is broadcast over a.
 * @param a any shape
 * @param b the shape of a, a suffix of it, one value, or the shape of a with 1 instead of its last size
 * @returns the shape of a
 * @throws ShapeError
 */
export const add = (a: Tensor, b: Tensor): Tensor => binary('add', a, b);
/** As `add`: a - b. */
export const subtract = (a: Tensor, b: Tensor): Tensor => binary('subtract', a, b);
/** As `add`: a * b. */
export const multiply = (a: Tensor, b: Tensor): Tensor => binary('multiply', a, b);
/** As `add`: a / b. */
export const divide = (a: Tensor, b: Tensor): Tensor => binary('divide', a, b);
/** Every value times a number known when the graph is built. */
export const scale = (a: Tensor, factor: number): Tensor => multiply(a, constant(new Float32Array([factor]), [1]));
