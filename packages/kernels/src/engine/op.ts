import { createNode, type DType, formatShape, type Shape, type Tensor, type TensorType } from '../graph.ts';
import type { Capabilities } from './capabilities.ts';
import type { Dispatch } from './kernel.ts';

export interface LaunchContext<Attributes> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Attributes;
  readonly capabilities: Capabilities;
  /** The variant chosen for this node; '' for an op that has only one. */
  readonly variant: string;
  /** False for an output that nothing reads: it is bound to a placeholder of 16 bytes and must not be written. */
  used(output: Tensor): boolean;
  /** Memory that lives only while this node runs. */
  scratch(shape: Shape, dtype?: DType): Tensor;
}

export interface GradientContext<Attributes> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: Attributes;
  /** Which inputs need a gradient; those of the others may be left undefined. */
  readonly needed: readonly boolean[];
}

/**
 * The gradient of an op, apart from its definition: a program that is never differentiated carries no backward kernel.
 * The table of them (`generated/gradients.ts`) is made from what the ops' files export.
 */
export interface Gradient<Attributes extends object> {
  readonly of: OpDefinition<Attributes>;
  /** Vector-Jacobian product: from the cotangents of the outputs (undefined: zero) to the gradients of the inputs. */
  vjp(
    context: GradientContext<Attributes>,
    cotangents: readonly (Tensor | undefined)[],
  ): readonly (Tensor | undefined)[];
}

/** The reason why ops of a backward pass have no gradient. */
export const firstOrderOnly = 'only first derivatives are supported';

/**
 * Whether a variant can run on a device; 'preferred' where it goes before the variants that are named earlier;
 * 'untimed' where it never wins and is expensive to compile, so that the autotuner leaves it out.
 */
export type Availability = boolean | 'preferred' | 'untimed';

/** Everything that the engine knows about an op. One per op folder (and one for its backward pass). */
export interface OpDefinition<Attributes extends object> {
  readonly name: string;
  /** Shape rule. Throws ShapeError on inputs that do not fit. */
  outputs(inputs: readonly Tensor[], attributes: Attributes): readonly TensorType[];
  /** The kernels to run. A dispatch must not read one output of the node while it writes another. */
  launch(context: LaunchContext<Attributes>): readonly Dispatch[];
  /** The reason why the op has no `Gradient`, if it has none. */
  readonly noGradient?: string;
  /** Whether it takes inputs in half precision. */
  readonly takesHalf?: boolean;
  /** Whether it takes inputs of bytes. */
  readonly takesInt8?: boolean;
  /** Per output, the input whose memory it is (a view, or an update in place); undefined: memory of its own. */
  readonly aliases?: readonly (number | undefined)[];
  /**
   * Byte offsets at which the inputs are to lie in output 0: the planner lets their producers write there directly, and
   * copies those that cannot be written there (read by others, or stored elsewhere).
   */
  gathers?(attributes: Attributes): readonly number[];
  /** Variants, faster kernels first; each says where it can run. The last one must run everywhere. */
  readonly variants?: Readonly<Record<string, (capabilities: Capabilities) => Availability>>;
}

/** An op was given tensors that do not fit each other; the message has the op and their shapes. */
export class ShapeError extends Error {
  override name = 'ShapeError';
}

/** Throws ShapeError with the op's name and the shapes at hand, unless `condition` holds. */
export function expectShapes(
  condition: boolean,
  op: string,
  expected: string,
  inputs: readonly Tensor[],
): asserts condition {
  if (condition) return;
  const found = inputs.map((tensor) => `${tensor.dtype}${formatShape(tensor.shape)}`).join(', ');
  throw new ShapeError(`${op}: expected ${expected}; found ${found}`);
}

/** Adds a node to the graph and returns its outputs. Does no work. */
export function apply<Attributes extends object>(
  definition: OpDefinition<Attributes>,
  inputs: readonly Tensor[],
  attributes: Attributes,
): readonly Tensor[] {
  expectShapes(
    definition.takesHalf === true || inputs.every(({ dtype }) => dtype !== 'f16'),
    definition.name,
    "no input in half precision, for which it has no kernel: cast(x, 'f32')",
    inputs,
  );
  expectShapes(
    definition.takesInt8 === true || inputs.every(({ dtype }) => dtype !== 'i8'),
    definition.name,
    'no input of bytes, for which it has no kernel: dequantize(x, scale)',
    inputs,
  );
  const types = definition.outputs(inputs, attributes);
  const source = { kind: 'op', definition: definition as unknown as OpDefinition<object>, inputs, attributes } as const;
  return createNode(source, types).outputs;
}

/** The variants of an op that can run on a device, the preferred one first; [''] where it has only one. */
export function availableVariants(definition: OpDefinition<never>, capabilities: Capabilities): string[] {
  const found = Object.entries(definition.variants ?? {}).map(
    ([name, canRun]) => [name, canRun(capabilities)] as const,
  );
  const preferred = found.filter(([, availability]) => availability === 'preferred');
  const others = found.filter(([, availability]) => availability && availability !== 'preferred');
  return found.length ? [...preferred, ...others].map(([name]) => name) : [''];
}
