import { apply, expectShapes, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Shape, type Tensor } from '../../graph.ts';
import { dequantize } from '../dequantize/dequantize.ts';
import { quantized } from '../dequantize/quantized.ts';

interface Attributes {
  readonly shape: Shape;
}

const definition: OpDefinition<Attributes> = {
  name: 'reshape',
  aliases: [0],
  takesHalf: true,
  takesInt8: true,
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

/**
 * The same values in the same order under another shape: a view, which costs nothing. Of weights in int8 (`dequantize`)
 * it is one of the bytes, where it leaves the rows.
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const view = (tensor: Tensor) => apply(definition, [tensor], { shape })[0];
  const light = quantized(x);
  return light?.scale.shape.join() === `${shape[0]}` ? dequantize(view(light.values), light.scale) : view(x);
}
