import { gradientTable } from '../generated/gradients.ts';
import { ancestors, elements, formatShape, type Node, type Tensor } from '../graph.ts';
import { add } from '../ops/binary/binary.ts';
import { cast } from '../ops/cast/cast.ts';
import { fill } from '../ops/fill/fill.ts';
import { Recomputation } from './recompute.ts';

/** What the backward pass keeps of the forward pass. */
export interface GradientOptions {
  /**
   * Keep only what `checkpoint` marks from the forward pass, and compute the rest again where the backward pass needs
   * it: the same bits in less memory, for about one more forward pass.
   */
  readonly recompute?: boolean;
}

/**
 * Reverse-mode differentiation, graph to graph.
 * @param loss one number, shape [1]
 * @param targets any tensors of the graph
 * @returns one gradient per target, of the target's shape (in single precision, even of a target in half, where the
 *   gradient is known that well); zeros where the loss does not depend on it
 * @throws RangeError where the loss is not one number, TypeError naming an op on the way that has no gradient
 */
export function gradients(loss: Tensor, targets: readonly Tensor[], options: GradientOptions = {}): Tensor[] {
  if (elements(loss.shape) !== 1)
    throw new RangeError(`gradients: the loss must be one number, found ${formatShape(loss.shape)}`);
  return vjp([loss], [fill(loss.shape, 1)], targets, options);
}

/**
 * Vector-Jacobian product of the graph between some targets and some outputs: the gradients with respect to the targets
 * of whatever function the cotangents are the gradient of. Runs no forward pass beyond what the backward pass reads.
 * @param cotangents one per output, of its shape
 * @returns as `gradients`
 * @throws RangeError where there is not one cotangent of its shape for each output, TypeError as `gradients`
 */
export function vjp(
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  targets: readonly Tensor[],
  { recompute = false }: GradientOptions = {},
): Tensor[] {
  const accumulated = new Map<Tensor, Tensor>();
  const accumulate = (tensor: Tensor, gradient: Tensor) => {
    const earlier = accumulated.get(tensor);
    accumulated.set(tensor, earlier ? total(earlier, gradient) : gradient);
  };
  for (const [index, output] of outputs.entries()) {
    const cotangent = cotangents[index];
    if (cotangent?.shape.join() !== output.shape.join()) {
      const found = cotangent ? formatShape(cotangent.shape) : 'none';
      throw new RangeError(`vjp: output ${index} needs a cotangent of ${formatShape(output.shape)}, found ${found}`);
    }
    accumulate(output, cotangent);
  }
  const rules = new Map(gradientTable.map((gradient) => [gradient.of, gradient]));
  const order = ancestors(outputs);
  const nodes = pathBetween(order, targets);
  const recomputation = recompute ? new Recomputation(order) : undefined;
  const value = (tensor: Tensor) => recomputation?.again(tensor) ?? tensor;
  const dependent = new Set(nodes);
  const wanted = new Set(targets);
  for (const node of nodes.reverse()) {
    if (node.source.kind !== 'op') continue;
    recomputation?.enter(node);
    const { definition, inputs, attributes } = node.source;
    const found = node.outputs.map((output) => accumulated.get(output));
    if (found.every((cotangent) => cotangent === undefined)) continue;
    const needed = inputs.map((tensor) => wanted.has(tensor) || dependent.has(tensor.node));
    if (!needed.some(Boolean)) continue;
    const rule = rules.get(definition);
    if (!rule) throw new TypeError(`${definition.name} has no gradient: ${definition.noGradient}`);
    const context = { inputs: inputs.map(value), outputs: node.outputs.map(value), attributes, needed };
    for (const [index, gradient] of rule.vjp(context, found).entries()) {
      if (gradient && needed[index]) accumulate(inputs[index], gradient);
    }
  }
  return targets.map((target) => accumulated.get(target) ?? fill(target.shape, 0));
}

/** The sum of two gradients of one tensor, added up in single precision; in half precision only where both are. */
function total(a: Tensor, b: Tensor): Tensor {
  const sum = add(cast(a, 'f32'), cast(b, 'f32'));
  return a.dtype === 'f16' && b.dtype === 'f16' ? cast(sum, 'f16') : sum;
}

/** The nodes of a graph that depend on the targets. */
function pathBetween(order: readonly Node[], targets: readonly Tensor[]): Node[] {
  const sources = new Set(targets.map((target) => target.node));
  const dependent = new Set<Node>();
  for (const node of order) {
    const reads = node.source.kind === 'op' ? node.source.inputs : [];
    if (sources.has(node) || reads.some((tensor) => dependent.has(tensor.node))) dependent.add(node);
  }
  return order.filter((node) => dependent.has(node));
}
