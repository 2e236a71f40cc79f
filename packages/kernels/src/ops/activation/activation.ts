import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { type ActivationKind, activationBackward, activationCode } from './activation.backward.ts';
import { activationKernel } from './activation.wgsl.ts';

interface Attributes {
  readonly kind: ActivationKind;
}

const definition: OpDefinition<Attributes> = {
  name: 'activation',
  outputs(inputs, { kind }) {
    expectShapes(inputs[0].dtype === 'f32', kind, 'x of f32', inputs);
    return [inputs[0]];
  },
  launch({ inputs: [x], outputs: [y], attributes }) {
    const count4 = Math.ceil(elements(x.shape) / 4);
    const kind = activationCode(attributes.kind);
    return [
      dispatch(activationKernel, { x, y }, { count4 }, linearGrid(count4, activationKernel.workgroupSize[0]), { kind }),
    ];
  },
};

export const activationGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ inputs: [x], outputs: [y], attributes }, [dy]) {
    // relu's slope shows in its output too, which the next layer keeps anyway: its input need not be.
    const kept = attributes.kind === 'relu' ? y : x;
    return [dy && activationBackward(kept, dy, attributes.kind)];
  },
};

const activation = (x: Tensor, kind: ActivationKind): Tensor => apply(definition, [x], { kind })[0];

/** max(x, 0), of any shape; the slope at 0 is 0, as in PyTorch. */
export const relu = (x: Tensor): Tensor => activation(x, 'relu');
/** 1 / (1 + exp(-x)), of any shape. */
export const sigmoid = (x: Tensor): Tensor => activation(x, 'sigmoid');
/** x * sigmoid(1.702 x), of any shape: the activation of OpenAI's CLIP (Radford et al. 2021, arXiv 2103.00020). */
export const quickGelu = (x: Tensor): Tensor => activation(x, 'quickgelu');
/** x * (1 + erf(x / sqrt(2))) / 2, of any shape (Hendrycks and Gimpel 2016, arXiv 1606.08415): exact, not by tanh. */
export const gelu = (x: Tensor): Tensor => activation(x, 'gelu');
/** x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2, of any shape: the approximation of `gelu` in the same paper. */
export const geluTanh = (x: Tensor): Tensor => activation(x, 'gelu_tanh');
