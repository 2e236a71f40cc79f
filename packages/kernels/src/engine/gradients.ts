import { add } from '../ops/binary/binary.ts';
import { cast } from '../ops/cast/cast.ts';
import { fill } from '../ops/fill/fill.ts';
import { Recomputation } from './recompute.ts';
import type { Node, Tensor } from './tensor.ts';
import { elements, formatShape } from './tensor.ts';

export interface GradientOptions {
  /**
   * Keep only what `checkpoint` marks from the forward pass, and compute the rest again where the backward pass needs it: the same
   * bits in less memory, for about one more forward pass.
   */
  readonly recompute?: boolean;
}

/**
 * Reverse-mode differentiation, graph to graph.
 * @param loss one number, shape [1]
 * @param targets any tensors of the graph
 * @returns one gradient per target, of the target's shape (and in single precision where the target is in half and the
 *   gradient is known better); zeros where the loss does not depend on it
 */
export function gradients(
  loss: Tensor,
  targets: readonly Tensor[],
  { recompute = false }: GradientOptions = {},
): Tensor[] {
  if (elements(loss.shape) !== 1)
    throw new RangeError(`gradients: the loss must be one number, found ${formatShape(loss.shape)}`);
  const order = ancestors([loss]);
  const nodes = pathBetween(order, targets);
  const recomputation = recompute ? new Recomputation(order) : undefined;
  const value = (tensor: Tensor) => recomputation?.again(tensor) ?? tensor;
  const dependent = new Set(nodes);
  const wanted = new Set(targets);
  const accumulated = new Map<Tensor, Tensor>([[loss, fill(loss.shape, 1)]]);
  for (const node of nodes.reverse()) {
    if (node.source.kind !== 'op') continue;
    recomputation?.enter(node);
    const { definition, inputs, attributes } = node.source;
    const outputGradients = node.outputs.map((output) => accumulated.get(output));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const needed = inputs.map((tensor) => wanted.has(tensor) || dependent.has(tensor.node));
    if (!needed.some(Boolean)) continue;
    const rule = definition.gradient;
    if (typeof rule !== 'function') throw new TypeError(`${definition.name} has no gradient: ${rule.reason}`);
    const context = { inputs: inputs.map(value), outputs: node.outputs.map(value), attributes, needed };
    const inputGradients = rule(context, outputGradients);
    for (const [index, gradient] of inputGradients.entries()) {
      if (!gradient || !needed[index]) continue;
      const earlier = accumulated.get(inputs[index]);
      accumulated.set(inputs[index], earlier ? total(earlier, gradient) : gradient);
    }
  }
  return targets.map((target) => accumulated.get(target) ?? fill(target.shape, 0));
}

/** Of two gradients of one tensor, added up in single precision; in half precision only where both are. */
function total(a: Tensor, b: Tensor): Tensor {
  const sum = add(cast(a, 'f32'), cast(b, 'f32'));
  return a.dtype === 'f16' && b.dtype === 'f16' ? cast(sum, 'f16') : sum;
}

/** Those nodes of a graph that depend on the targets. */
function pathBetween(order: readonly Node[], targets: readonly Tensor[]): Node[] {
  const sources = new Set(targets.map((target) => target.node));
  const dependent = new Set<Node>();
  for (const node of order) {
    const reads = node.source.kind === 'op' ? node.source.inputs : [];
    if (sources.has(node) || reads.some((tensor) => dependent.has(tensor.node))) dependent.add(node);
  }
  return order.filter((node) => dependent.has(node));
}

/** Every node that the tensors need, in order of creation: the order in which a program runs them. */
export function ancestors(tensors: readonly Tensor[]): Node[] {
  const seen = new Set<Node>();
  const open = tensors.map((tensor) => tensor.node);
  for (let node = open.pop(); node; node = open.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.source.kind === 'op') for (const tensor of node.source.inputs) open.push(tensor.node);
  }
  return [...seen].sort((a, b) => a.id - b.id);
}
