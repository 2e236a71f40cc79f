import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, type OpDefinition } from '../../engine/op.ts';
import { elements, type Shape, type Tensor } from '../../engine/tensor.ts';
import { fill as fillKernel } from './fill.wgsl.ts';

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
  gradient: () => [],
};

/** A tensor of one repeated value. */
export function fill(shape: Shape, value: number): Tensor {
  return apply(definition, [], { shape, value })[0];
}
