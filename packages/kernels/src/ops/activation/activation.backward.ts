import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, firstOrderOnly, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { activationBackwardKernel } from './activation.backward.wgsl.ts';

/** In the order in which activation.include.wgsl numbers them, from 1. */
const kinds = ['relu', 'quickgelu', 'gelu', 'sigmoid', 'gelu_tanh'] as const;
export type ActivationKind = (typeof kinds)[number];

/** The number of an activation in the kernels, 0 for none. */
export const activationCode = (kind: ActivationKind | undefined) => (kind ? kinds.indexOf(kind) + 1 : 0);

const definition: OpDefinition<{ readonly kind: ActivationKind }> = {
  name: 'activation.backward',
  takesHalf: true,
  outputs: ([x]) => [x],
  launch({ inputs: [x, dy], outputs: [dx], attributes }) {
    const count4 = Math.ceil(elements(x.shape) / 4);
    const grid = linearGrid(count4, activationBackwardKernel.workgroupSize[0]);
    return [
      dispatch(activationBackwardKernel, { x, dy, dx }, { count4 }, grid, { kind: activationCode(attributes.kind) }),
    ];
  },
  noGradient: firstOrderOnly,
};

/**
 * The cotangent of an activation's input: dy * f'(x), of the shape and the precision of x.
 * @param x the input; for relu the output will do, which is positive where the input is
 */
export const activationBackward = (x: Tensor, dy: Tensor, kind: ActivationKind): Tensor =>
  apply(definition, [x, dy], { kind })[0];
