import { apply, expectShapes, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Shape, type Tensor } from '../../graph.ts';

interface Attributes {
  readonly shape: Shape;
}

const definition: OpDefinition<Attributes> = {
  name: 'reshape',
  aliases: [0],
  takesHalf: true,
  outputs(inputs, { shape }) {
    expectShapes(elements(shape) === elements(inputs[0].shape), 'reshape', `as many values as [${shape}]`, inputs);
    return [{ shape, dtype: inputs[0].dtype }];
  },
  launch: () => [],
};

export const reshapeGradient: Gradient<Attributes> = {
  of: definition,
  vjp: ({ inputs: [x] }, [dy]) => [dy && reshape(dy, x.shape)],
};

/** The same values in the same order under another shape: a view, which costs nothing. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return apply(definition, [x], { shape })[0];
}
