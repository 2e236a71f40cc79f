import { elements, input, type Tensor, vjp } from '@webcir/kernels';
import { dtypeOf, type OpCase } from '@webcir/kernels/cases';

/** The forward or the backward pass of a case as a graph. */
export interface Pass {
  readonly kind: 'forward' | 'backward';
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Names of the ops that are timed. */
  readonly ops: ReadonlySet<string>;
  /** Results of the forward pass that the backward pass reads: they are made first, and not timed. */
  readonly made: readonly Tensor[];
  readonly flops?: number;
  /** Bytes that have to be read and written at least. */
  readonly bytes: number;
}

const size = (tensors: readonly Tensor[]) =>
  tensors.reduce((sum, { dtype, shape }) => sum + elements(shape) * (dtype === 'i8' ? 1 : 4), 0);

/** The forward pass of a case, and the backward pass where one of its inputs has a gradient. */
export function passesOf({ inputs: specs, op, flops }: OpCase): Pass[] {
  const inputs = specs.map((spec, i) => input(`input ${i}`, spec.shape, dtypeOf(spec)));
  const result = op(...inputs);
  const outputs = (Array.isArray(result) ? result : [result]) as readonly Tensor[];
  const forward: Pass = {
    kind: 'forward',
    inputs,
    outputs,
    ops: opsAfter(outputs, -1),
    made: [],
    flops,
    bytes: size([...inputs, ...outputs]),
  };

  const differentiable = outputs.filter(({ dtype, node }) => dtype === 'f32' && hasGradient(node));
  const targets = inputs.filter((_, i) => isDifferentiable(specs[i]));
  if (targets.length === 0 || differentiable.length === 0) return [forward];
  const newest = Math.max(...outputs.map(({ node }) => node.id));
  const cotangents = differentiable.map(({ shape }, i) => input(`cotangent ${i}`, shape));
  const all = vjp(differentiable, cotangents, targets);
  const backward: Pass = {
    kind: 'backward',
    inputs: leavesOf(all),
    outputs: all,
    ops: opsAfter(all, newest),
    made: frontier(all, newest),
    // A product has two gradients, each a product of the same size; other ops are near enough.
    flops: flops === undefined ? undefined : 2 * flops,
    bytes: size([...inputs, ...cotangents, ...all]),
  };
  return [forward, backward];
}

const isDifferentiable = (spec: OpCase['inputs'][number]) =>
  spec.kind === 'normal' || (spec.kind === 'values' && spec.differentiable);

const hasGradient = ({ source }: Tensor['node']) => source.kind === 'op' && source.definition.noGradient === undefined;

function visit(tensors: readonly Tensor[], each: (tensor: Tensor) => boolean): void {
  const seen = new Set<Tensor>();
  const queue = [...tensors];
  for (const tensor of queue) {
    if (seen.has(tensor) || !each(tensor)) continue;
    seen.add(tensor);
    if (tensor.node.source.kind === 'op') queue.push(...tensor.node.source.inputs);
  }
}

/** The inputs that a graph asks for. */
function leavesOf(tensors: readonly Tensor[]): Tensor[] {
  const leaves = new Set<Tensor>();
  visit(tensors, (tensor) => {
    if (tensor.node.source.kind === 'input') leaves.add(tensor);
    return true;
  });
  return [...leaves];
}

/** Names of the ops whose nodes are newer than `newest`. */
function opsAfter(tensors: readonly Tensor[], newest: number): Set<string> {
  const names = new Set<string>();
  visit(tensors, ({ node: { id, source } }) => {
    if (source.kind === 'op' && id > newest) names.add(source.definition.name);
    return id > newest;
  });
  return names;
}

/** The results of ops up to `newest` that later nodes read. */
function frontier(tensors: readonly Tensor[], newest: number): Tensor[] {
  const found = new Set<Tensor>();
  visit(tensors, (tensor) => {
    if (tensor.node.id > newest) return true;
    if (tensor.node.source.kind === 'op') found.add(tensor);
    return false;
  });
  return [...found];
}
