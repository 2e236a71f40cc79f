import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Shape, type Tensor } from '../../graph.ts';
import { fillKernel } from './fill.wgsl.ts';

interface Attributes {
  readonly shape: Shape;
  readonly value: number;
}

const definition: OpDefinition<Attributes> = {
  name: 'fill',
  outputs: (_, { shape }) => [{ shape, dtype: 'f32' }],
  launch({ outputs: [y], attributes: { value } }) {
    const count4 = Math.ceil(elements(y.shape) / 4);
    return [dispatch(fillKernel, { y }, { count4, value }, linearGrid(count4, 64))];
  },
};

export const fillGradient: Gradient<Attributes> = {
  of: definition,
  vjp: () => [],
};

/** A tensor of one repeated value. */
export function fill(shape: Shape, value: number): Tensor {
  return apply(definition, [], { shape, value })[0];
}
