import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { dropoutKernel } from './dropout.wgsl.ts';

interface Attributes {
  readonly probability: number;
  readonly stream: number;
}

const definition: OpDefinition<Attributes> = {
  name: 'dropout',
  outputs(inputs) {
    const [x, seed] = inputs;
    const fits = x.dtype === 'f32' && seed.dtype === 'u32' && elements(seed.shape) === 2;
    expectShapes(fits, 'dropout', 'x of f32 and seed [2] of u32', inputs);
    return [x];
  },
  launch({ inputs: [x, seed], outputs: [y], attributes: { probability, stream } }) {
    const count4 = Math.ceil(elements(x.shape) / 4);
    // A probability below 1 that rounds up to 2^32 would wrap around and drop nothing.
    const threshold = Math.min(Math.ceil(probability * 2 ** 32), 2 ** 32 - 1);
    const params = { count4, stream, threshold, scale: 1 / (1 - probability) };
    return [dispatch(dropoutKernel, { x, seed, y }, params, linearGrid(count4, dropoutKernel.workgroupSize[0]))];
  },
};

export const dropoutGradient: Gradient<Attributes> = {
  of: definition,
  // The same mask, applied to the gradient.
  vjp({ inputs: [, seed], attributes }, [dy]) {
    return [dy && apply(definition, [dy, seed], attributes)[0]];
  },
};

/**
 * Inverted dropout (Srivastava et al. 2014): zeroes values at random and divides the others by 1 - probability. The
 * mask depends on seed, stream and position only, so the same seed gives the same bits on every device.
 * @param x any shape
 * @param seed u32 [2]: data, to be changed from step to step
 * @param options.probability of a value to be zeroed, in [0, 1)
 * @param options.stream a whole number below 2^32 that tells the dropouts of one model apart
 * @returns the shape of x
 * @throws ShapeError, and RangeError on options out of range
 */
export function dropout(x: Tensor, seed: Tensor, { probability, stream }: Attributes): Tensor {
  if (!(probability >= 0 && probability < 1)) {
    throw new RangeError(`dropout: the probability must be in [0, 1), found ${probability}`);
  }
  if (stream >>> 0 !== stream) {
    throw new RangeError(`dropout: the stream must be a whole number in [0, 2^32), found ${stream}`);
  }
  return apply(definition, [x, seed], { probability, stream })[0];
}
