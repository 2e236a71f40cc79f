import type { OpDefinition } from './engine/op.ts';

/**
 * Half precision ('f16') and bytes ('i8', whole numbers from -128 to 127) are for storage: two halves or four bytes in a
 * 32-bit word, the first in the lowest bits; kernels compute in f32.
 */
export type DType = 'f32' | 'f16' | 'i8' | 'u32';

/** Values of an input on the host: floats, u32, or bytes. */
export type HostArray = Float32Array | Uint32Array | Int8Array;

/** Sizes of the axes, the slowest first. */
export type Shape = readonly number[];

export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One value of the graph: static shape and dtype, and the node that makes it. Holds no data. */
export interface Tensor extends TensorType {
  readonly node: Node;
  /** Which of the node's outputs this is. */
  readonly index: number;
}

/** A range of a GPU buffer. */
export interface Region {
  readonly buffer: GPUBuffer;
  /** Offset in bytes, a multiple of 256. */
  readonly offset: number;
  /** Size in bytes. */
  readonly size: number;
}

export type Source =
  /** Written by the caller of every `program.run`. */
  | { readonly kind: 'input'; readonly name: string }
  /**
   * Lives outside the program: weights, optimizer state, a host application's buffer. Without a region it is there for
   * planning only.
   */
  | { readonly kind: 'stored'; readonly name: string; readonly region: Region | undefined }
  /** Uploaded once, when the program is compiled. */
  | { readonly kind: 'constant'; readonly data: Float32Array | Uint32Array }
  /** Memory of one running node. */
  | { readonly kind: 'scratch' }
  | OpSource;

/** An op with what it is applied to. */
export interface OpSource {
  readonly kind: 'op';
  readonly definition: OpDefinition<object>;
  readonly inputs: readonly Tensor[];
  readonly attributes: object;
}

export interface Node {
  /** Grows in the order of creation, which is the order in which a program runs its nodes. */
  readonly id: number;
  readonly source: Source;
  readonly outputs: readonly Tensor[];
}

/** Number of values in a tensor of this shape. */
export const elements = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);
/** Values in a 32-bit word. */
const valuesPerWord: Readonly<Record<DType, number>> = { f32: 1, u32: 1, f16: 2, i8: 4 };
/** In whole words. */
export const byteLength = ({ shape, dtype }: TensorType): number =>
  Math.ceil(elements(shape) / valuesPerWord[dtype]) * 4;
export const formatShape = (shape: Shape): string => `[${shape.join(', ')}]`;

/**
 * The order of creation, which ops alone cannot tell: they know their inputs, not each other. It carries no state from
 * one graph to another, as only the order of a graph's own nodes is ever looked at; a topological order without it
 * would keep the cotangents of all layers alive until the last weight gradient.
 */
const ids = { next: 0 };

export function createNode(source: Source, types: readonly TensorType[]): Node {
  const outputs: Tensor[] = [];
  const node: Node = { id: ids.next++, source, outputs };
  for (const [index, { shape, dtype }] of types.entries()) {
    if (!shape.every((size) => Number.isInteger(size) && size > 0)) {
      const name = source.kind === 'op' ? source.definition.name : source.kind;
      throw new RangeError(`${name}: every size of a shape must be a positive integer, found ${formatShape(shape)}`);
    }
    outputs.push({ node, index, shape, dtype });
  }
  return node;
}

/** A tensor that every `program.run` is given under this name; `cast` it to get half precision. */
export function input(name: string, shape: Shape, dtype: 'f32' | 'u32' | 'i8' = 'f32'): Tensor {
  return createNode({ kind: 'input', name }, [{ shape, dtype }]).outputs[0];
}

/** A tensor whose values are known when the graph is built. Throws RangeError if data and shape differ in size. */
export function constant(data: Float32Array | Uint32Array, shape: Shape): Tensor {
  if (data.length !== elements(shape)) {
    throw new RangeError(`constant: ${formatShape(shape)} needs ${elements(shape)} values, found ${data.length}`);
  }
  return createNode({ kind: 'constant', data }, [{ shape, dtype: data instanceof Uint32Array ? 'u32' : 'f32' }])
    .outputs[0];
}

/**
 * A tensor that lives in a buffer that the program does not own.
 * @param region undefined: there is no such buffer yet. A graph on it can be planned (`planMemory`), not compiled.
 */
export function stored(name: string, region: Region | undefined, shape: Shape, dtype: DType = 'f32'): Tensor {
  const needed = byteLength({ shape, dtype });
  if (region && region.size < needed) {
    throw new RangeError(`${name}: ${formatShape(shape)} needs ${needed} bytes, its region has ${region.size}`);
  }
  return createNode({ kind: 'stored', name, region }, [{ shape, dtype }]).outputs[0];
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

/** Everything that a program computes. */
export interface Graph<Names extends string> {
  /** Results that can be read after a run, by name. */
  readonly outputs: Readonly<Record<Names, Tensor>>;
  /** Updates in place (optimizer steps) that the program also makes. */
  readonly updates?: readonly Tensor[];
}
