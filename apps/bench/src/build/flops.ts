import { elements, type Tensor } from '@webcir/kernels';

type Rule = (inputs: readonly Tensor[], outputs: readonly Tensor[], attributes: object) => number;

const size = ({ shape }: Tensor) => elements(shape);
/** y [batch, height, width, out], weight [out, in, taps, taps] */
const convolution = (y: Tensor, weight: Tensor) => (2 * size(y) * size(weight)) / weight.shape[0];
/** Two products of [tokens, head size, tokens] per head, of which a mask leaves half. */
const attention: Rule = ([{ shape }], _, attributes) => {
  const [batch, tokens, width3] = shape;
  const pairs = 'causal' in attributes && attributes.causal ? (tokens * (tokens + 1)) / 2 : tokens ** 2;
  return 4 * batch * pairs * (width3 / 3);
};

/** Operations of one node, by op; the ops that are not here move memory more than they compute. */
const rules: Readonly<Record<string, Rule>> = {
  // |a| |b| |y| = (batch rows inner) (batch inner columns) (batch rows columns)
  matmul: ([a, b], [y]) => 2 * Math.sqrt((size(a) * size(b) * size(y)) / (b.shape.length === 3 ? b.shape[0] : 1)),
  conv2d: ([, weight], [y]) => convolution(y, weight),
  'conv2d.backward': ([weight, dy]) => convolution(dy, weight),
  'conv2d.backward.weight': ([, dy], [dWeight]) => convolution(dy, dWeight),
  attention,
  // Four products; the fifth, which computes the scores again, is a choice of the method.
  'attention.backward': (...node) => 2 * attention(...node),
};

/** Operations of all matrix products, convolutions and attentions that lead to some tensors. */
export function flopsOf(outputs: readonly Tensor[]): number {
  const nodes = new Set<Tensor['node']>();
  const queue = outputs.map(({ node }) => node);
  let flops = 0;
  for (const node of queue) {
    if (nodes.has(node)) continue;
    nodes.add(node);
    const { source } = node;
    if (source.kind !== 'op') continue;
    flops += rules[source.definition.name]?.(source.inputs, node.outputs, source.attributes) ?? 0;
    queue.push(...source.inputs.map((tensor) => tensor.node));
  }
  return flops;
}
