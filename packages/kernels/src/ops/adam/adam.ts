import { dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { adamKernel } from './adam.wgsl.ts';

/** Numbers in `AdamState.hyper`. */
export const HYPER_SIZE = 6;

interface Attributes {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

const definition: OpDefinition<Attributes> = {
  name: 'adam',
  aliases: [0, 1, 2],
  outputs(inputs) {
    const [parameters, , , , hyper, overflow] = inputs;
    const count = elements(parameters.shape);
    const fits =
      inputs.every(({ dtype }) => dtype === 'f32') &&
      inputs.slice(0, 4).every(({ shape }) => shape.length === 1 && shape[0] === count) &&
      elements(hyper.shape) === HYPER_SIZE &&
      (!overflow || elements(overflow.shape) === 1);
    expectShapes(
      fits,
      'adam',
      `parameters, m, v and gradients [n], hyper [${HYPER_SIZE}], overflow [1] or none`,
      inputs,
    );
    return [parameters, parameters, parameters];
  },
  launch({ inputs, outputs: [parameters, m, v], attributes: { beta1, beta2, epsilon } }) {
    const [, , , gradients, hyper, overflow] = inputs;
    const count4 = Math.ceil(elements(parameters.shape) / 4);
    const constants = { beta1, beta2, rest1: 1 - beta1, rest2: 1 - beta2, epsilon };
    const bindings = { parameters, m, v, gradients, hyper, overflow: overflow ?? hyper };
    const params = { count4, ...constants, maySkip: Number(overflow !== undefined) };
    return [dispatch(adamKernel, bindings, params, linearGrid(count4, adamKernel.workgroupSize[0]))];
  },
  noGradient: 'an optimizer step changes parameters in place',
};

/** The tensors that a step of Adam reads and overwrites, each [n]. */
export interface AdamState {
  /** [n]: all parameters side by side; overwritten. */
  readonly parameters: Tensor;
  /** [n] */
  readonly gradients: Tensor;
  /** [n]: running mean of the gradients, zeros before step 1; overwritten. */
  readonly m: Tensor;
  /** [n]: running mean of their squares, zeros before step 1; overwritten. */
  readonly v: Tensor;
  /**
   * [6]: learning rate, weight decay, 1 - beta1^t, 1 - beta2^t at step t (the first step is 1), 1 / loss scale, loss
   * scale. The gradients are those of the loss times its scale, which is 1 except in mixed precision.
   */
  readonly hyper: Tensor;
  /** [1]: where it is not 0, nothing changes. */
  readonly overflow?: Tensor;
}

/**
 * One step of Adam (Kingma and Ba 2014, arXiv 1412.6980) with decoupled weight decay (AdamW: Loshchilov and Hutter
 * 2017, arXiv 1711.05101), in PyTorch 1.13's order of operations. A weight decay of 0 is plain Adam.
 * @returns the new versions, in the memory of the old ones: list them as a program's `updates`
 * @throws ShapeError
 */
export function adam(
  { parameters, gradients, m, v, hyper, overflow }: AdamState,
  { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = {},
): { parameters: Tensor; m: Tensor; v: Tensor } {
  const inputs = [parameters, m, v, gradients, hyper, ...(overflow ? [overflow] : [])];
  const updated = apply(definition, inputs, { beta1, beta2, epsilon });
  return { parameters: updated[0], m: updated[1], v: updated[2] };
}
