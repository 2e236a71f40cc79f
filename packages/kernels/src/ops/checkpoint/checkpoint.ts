import { apply, type Gradient, type OpDefinition } from '../../engine/op.ts';
import type { Node, Tensor } from '../../graph.ts';

const definition: OpDefinition<object> = {
  name: 'checkpoint',
  aliases: [0],
  outputs: ([x]) => [x],
  launch: () => [],
};

export const checkpointGradient: Gradient<object> = {
  of: definition,
  vjp: (_, [dy]) => [dy],
};

/**
 * x itself, marked as worth keeping between the forward and the backward pass: where `gradients` is to recompute, it
 * starts from the checkpoints (Chen et al. 2016, arXiv 1604.06174). Costs nothing. Belongs between the blocks of a deep
 * network, on everything that the next block reads.
 */
export const checkpoint = (x: Tensor): Tensor => apply(definition, [x], {})[0];

/** The tensor that a node marks. */
export const checkpointed = ({ source }: Node): Tensor | undefined =>
  source.kind === 'op' && source.definition === (definition as OpDefinition<never>) ? source.inputs[0] : undefined;
