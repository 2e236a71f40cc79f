import { apply, expectShapes, type OpDefinition, ShapeError } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';

interface Attributes {
  readonly offsets: readonly number[];
  readonly length: number;
}

/** Values per 256 bytes, the alignment at which a part of a buffer can be bound. */
const alignment = 64;

const definition: OpDefinition<Attributes> = {
  name: 'pack',
  gathers: ({ offsets }) => offsets.map((offset) => offset * 4),
  outputs(inputs, { offsets, length }) {
    expectShapes(inputs.length > 0 && inputs.every(({ dtype }) => dtype === 'f32'), 'pack', 'tensors of f32', inputs);
    if (offsets.length !== inputs.length) {
      throw new ShapeError(`pack: expected an offset for each of ${inputs.length} tensors, found ${offsets.length}`);
    }
    let free = 0;
    for (const [i, offset] of offsets.entries()) {
      const end = offset + elements(inputs[i].shape);
      if (offset % alignment !== 0 || offset < free || end > length) {
        throw new ShapeError(
          `pack: tensor ${i} would lie at ${offset} to ${end}; expected a multiple of ${alignment}, ` +
            `from ${free} on (the end of the tensor before it), and an end within ${length}`,
        );
      }
      free = end;
    }
    return [{ shape: [length], dtype: 'f32' }];
  },
  // The planner does the work: producers write straight into the packed tensor, or their results are copied there.
  launch: () => [],
  noGradient: 'it lays out gradients for the optimizer, after the loss',
};

/**
 * Lays tensors side by side in one flat tensor, usually at no cost: their kernels write there in the first place. What
 * lies between them is not defined.
 * @param tensors f32, any shapes
 * @param offsets where each begins, counted in values: multiples of 64, in rising order
 * @param length of the result
 * @returns [length]
 * @throws ShapeError
 */
export function pack(tensors: readonly Tensor[], offsets: readonly number[], length: number): Tensor {
  return apply(definition, tensors, { offsets, length })[0];
}
