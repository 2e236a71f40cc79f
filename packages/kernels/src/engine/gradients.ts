import { add } from '../ops/binary/binary.ts';
import { fill } from '../ops/fill/fill.ts';
import type { Node, Tensor } from './tensor.ts';
import { elements, formatShape } from './tensor.ts';

/**
 * Reverse-mode differentiation, graph to graph.
 * @param loss one number, shape [1]
 * @param targets any tensors of the graph
 * @returns one gradient per target, of the target's shape; zeros where the loss does not depend on it
 */
export function gradients(loss: Tensor, targets: readonly Tensor[]): Tensor[] {
  if (elements(loss.shape) !== 1)
    throw new RangeError(`gradients: the loss must be one number, found ${formatShape(loss.shape)}`);
  const nodes = pathBetween(loss, targets);
  const dependent = new Set(nodes);
  const wanted = new Set(targets);
  const accumulated = new Map<Tensor, Tensor>([[loss, fill(loss.shape, 1)]]);
  for (const node of nodes.reverse()) {
    if (node.source.kind !== 'op') continue;
    const { definition, inputs, attributes } = node.source;
    const outputGradients = node.outputs.map((output) => accumulated.get(output));
    if (outputGradients.every((gradient) => gradient === undefined)) continue;
    const needed = inputs.map((tensor) => wanted.has(tensor) || dependent.has(tensor.node));
    if (!needed.some(Boolean)) continue;
    const rule = definition.gradient;
    if (typeof rule !== 'function') throw new TypeError(`${definition.name} has no gradient: ${rule.reason}`);
    const inputGradients = rule({ inputs, outputs: node.outputs, attributes, needed }, outputGradients);
    for (const [index, gradient] of inputGradients.entries()) {
      if (!gradient || !needed[index]) continue;
      const earlier = accumulated.get(inputs[index]);
      accumulated.set(inputs[index], earlier ? add(earlier, gradient) : gradient);
    }
  }
  return targets.map((target) => accumulated.get(target) ?? fill(target.shape, 0));
}

/** The nodes that lie between the targets and the loss, in the order in which they run. */
function pathBetween(loss: Tensor, targets: readonly Tensor[]): Node[] {
  const sources = new Set(targets.map((target) => target.node));
  const order = ancestors([loss]);
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
