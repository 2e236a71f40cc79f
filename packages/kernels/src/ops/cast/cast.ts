import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { castKernel } from './cast.wgsl.ts';

/** How a floating point tensor can be stored. */
export type Precision = 'f32' | 'f16';

/** What a floating point tensor is stored in. */
export const precisionOf = ({ dtype }: Tensor): Precision => (dtype === 'f16' ? 'f16' : 'f32');

interface Attributes {
  readonly precision: Precision;
}

const definition: OpDefinition<Attributes> = {
  name: 'cast',
  takesHalf: true,
  outputs(inputs, { precision }) {
    const [{ shape, dtype }] = inputs;
    expectShapes(dtype !== 'u32', 'cast', 'x of f32 or f16', inputs);
    return [{ shape, dtype: precision }];
  },
  launch({ inputs: [x], outputs: [y] }) {
    const count4 = Math.ceil(elements(x.shape) / 4);
    return [dispatch(castKernel, { x, y }, { count4 }, linearGrid(count4, 64))];
  },
};

export const castGradient: Gradient<Attributes> = {
  of: definition,
  // The gradient of a cast to half stays in single precision if it is: the next cast would only bring it back.
  vjp: ({ inputs: [x] }, [dy]) => [dy && (x.dtype === 'f32' ? cast(dy, 'f32') : dy)],
};

/**
 * The same values in another precision; x itself where it has that already. To half precision, values are rounded to a
 * neighbour (the adapter says which), those from 65,520 on become infinity.
 * @returns the shape of x
 * @throws ShapeError
 */
export function cast(x: Tensor, precision: Precision): Tensor {
  return x.dtype === precision ? x : apply(definition, [x], { precision })[0];
}
