import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Shape, type Tensor } from '../../graph.ts';
import { reshape } from '../reshape/reshape.ts';
import { sum } from '../sum/sum.ts';
import { broadcastKernel } from './broadcast.wgsl.ts';

interface Attributes {
  readonly shape: Shape;
}

const definition: OpDefinition<Attributes> = {
  name: 'broadcast',
  outputs(inputs, { shape }) {
    const [x] = inputs;
    expectShapes(elements(shape) % elements(x.shape) === 0, 'broadcast', `a suffix of [${shape}]`, inputs);
    return [{ shape, dtype: x.dtype }];
  },
  launch({ inputs: [x], outputs: [y] }) {
    const count = elements(y.shape);
    return [dispatch(broadcastKernel, { x, y }, { count, columns: elements(x.shape) }, linearGrid(count, 64))];
  },
};

export const broadcastGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ inputs: [x] }, [dy]) {
    if (!dy) return [];
    const columns = elements(x.shape);
    return [reshape(sum(reshape(dy, [elements(dy.shape) / columns, columns])), x.shape)];
  },
};

/**
 * Repeats x along new leading axes.
 * @param x [...suffix]
 * @param shape [...leading, ...suffix]
 * @throws ShapeError where x does not fit a whole number of times
 */
export function broadcast(x: Tensor, shape: Shape): Tensor {
  return apply(definition, [x], { shape })[0];
}
