import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { accumulateKernel } from './accumulate.wgsl.ts';

const definition: OpDefinition<object> = {
  name: 'accumulate',
  aliases: [0],
  outputs(inputs) {
    const [total, x, keep] = inputs;
    const fits =
      inputs.every(({ dtype }) => dtype === 'f32') &&
      elements(total.shape) === elements(x.shape) &&
      elements(keep.shape) === 1;
    expectShapes(fits, 'accumulate', 'total and x with as many values, and one value to keep', inputs);
    return [total];
  },
  launch({ inputs: [, x, keep], outputs: [total] }) {
    const count4 = Math.ceil(elements(x.shape) / 4);
    return [dispatch(accumulateKernel, { total, x, keep }, { count4 }, linearGrid(count4, 64))];
  },
  noGradient: 'it changes its first input in place',
};

/**
 * A running sum over the runs of a program: keep * total + x.
 * @param total any shape; overwritten
 * @param x as many values
 * @param keep [1]: 1 to go on, 0 to begin anew, whatever was in `total`
 * @returns the new version of total, in the memory of the old one: list it as a program's `updates`
 * @throws ShapeError
 */
export const accumulate = (total: Tensor, x: Tensor, keep: Tensor): Tensor =>
  apply(definition, [total, x, keep], {})[0];
