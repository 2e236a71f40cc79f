import type { Capabilities } from '../../engine/capabilities.ts';
import { type Dispatch, dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../engine/tensor.ts';
import { reshape } from '../reshape/reshape.ts';
import { sum, sumSlices } from '../sum/sum.ts';
import { matmulActivationBackward } from './matmul.activation.backward.wgsl.ts';
import { matrixKernelFor } from './matmul.matrix.ts';
import { matmulRegister } from './matmul.register.wgsl.ts';
import { matmulSubgroup } from './matmul.subgroup.wgsl.ts';
import { matmulTiled } from './matmul.tiled.wgsl.ts';
import { matmulVector } from './matmul.vector.wgsl.ts';
import { matmul as matmulPlain } from './matmul.wgsl.ts';

/** In the order in which the kernels number them, from 1. */
const activations = ['relu', 'quickgelu', 'gelu'] as const;
export type Activation = (typeof activations)[number];
const activationCode = (activation: Activation | undefined) => (activation ? activations.indexOf(activation) + 1 : 0);

interface Attributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation?: Activation;
  /** Which optional inputs follow a and b. */
  readonly hasBias: boolean;
  readonly hasResidual: boolean;
}

interface Sizes {
  readonly batch: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** Of y = op(a) op(b). With a matrix b, all axes of a before the last are rows. Undefined where a and b do not fit. */
function sizesOf([a, b]: readonly Tensor[], { transposeA, transposeB }: Attributes): Sizes | undefined {
  const batched = b.shape.length === 3;
  if (b.shape.length !== 2 && !batched) return undefined;
  if (batched ? a.shape.length !== 3 || a.shape[0] !== b.shape[0] : a.shape.length < 2) return undefined;
  if (transposeA && a.shape.length !== b.shape.length) return undefined;
  const batch = batched ? b.shape[0] : 1;
  const last = a.shape[a.shape.length - 1];
  const first = elements(a.shape) / batch / last;
  const [rows, inner] = transposeA ? [last, first] : [first, last];
  const [bFirst, bLast] = b.shape.slice(-2);
  const [bInner, columns] = transposeB ? [bLast, bFirst] : [bFirst, bLast];
  return inner === bInner ? { batch, rows, inner, columns } : undefined;
}

const definition: OpDefinition<Attributes> = {
  name: 'matmul',
  // On a CPU loads are dear and barriers dearer, on a GPU memory is far and workgroup memory near.
  variants: {
    subgroup: ({ software, subgroupSize, features }) => software && subgroupSize === 8 && features.has('subgroups'),
    plain: ({ software }) => software,
    matrix: ({ subgroupMatrices }) => (subgroupMatrices.length > 0 ? 'preferred' : false),
    tiled: () => true,
    register: ({ vendor }) => (vendor === 'apple' ? 'preferred' : true),
  },
  outputs(inputs, attributes) {
    const [a, , ...rest] = inputs;
    const op = attributes.hasBias || attributes.hasResidual || attributes.activation ? 'linear' : 'matmul';
    const layout = `${attributes.transposeA ? 'a [inner, rows]' : 'a [rows, inner]'}, ${attributes.transposeB ? 'b [columns, inner]' : 'b [inner, columns]'}`;
    const sizes = sizesOf(inputs, attributes);
    const f32 = inputs.every(({ dtype }) => dtype === 'f32');
    expectShapes(
      sizes !== undefined && f32,
      op,
      `${layout} of f32, with the same batch before both or neither`,
      inputs,
    );
    const { batch, rows, columns } = sizes;
    expectShapes(batch <= 65535, op, 'at most 65,535 batches', inputs);
    const shape = attributes.transposeA ? [...a.shape.slice(0, -2), rows, columns] : [...a.shape.slice(0, -1), columns];
    const [bias, residual] = attributes.hasBias ? rest : [undefined, rest[0]];
    expectShapes(!bias || (bias.shape.length === 1 && bias.shape[0] === columns), op, `bias [${columns}]`, inputs);
    expectShapes(!residual || residual.shape.join() === shape.join(), op, `residual [${shape.join(', ')}]`, inputs);
    // The second is the pre-activation, for the backward pass.
    return [
      { shape, dtype: 'f32' },
      { shape, dtype: 'f32' },
    ];
  },
  launch({ inputs, outputs: [y, preactivation], attributes, capabilities, variant, used, scratch }) {
    const [a, b, ...rest] = inputs;
    const { transposeA, transposeB, hasBias, hasResidual } = attributes;
    const sizes = sizesOf(inputs, attributes)!;
    const { batch, rows, inner, columns } = sizes;
    const [bias, residual] = hasBias ? rest : [a, rest[0]];
    const keepPreactivation = used(preactivation);
    const bare = !hasBias && !hasResidual && !attributes.activation && !keepPreactivation;
    const matrix = variant === 'matrix' ? matrixFor(sizes, attributes, capabilities) : undefined;
    const kernel = kernelFor(variant as Variant, sizes, attributes, capabilities);
    const tile = matrix ?? tileOf(kernel, sizes, attributes);
    const tiles: [number, number] = [Math.ceil(rows / tile.rows), Math.ceil(columns / tile.columns)];
    const slices = bare && batch === 1 && kernel !== 'vector' ? slicesOf(inner, tiles[0] * tiles[1], capabilities) : 1;
    const slice = slices > 1 ? Math.ceil(inner / slices / 8) * 8 : inner;
    const parts = slices > 1 ? scratch([slices, rows * columns]) : y;
    const params = {
      rows,
      columns,
      inner,
      aRow: transposeA ? 1 : inner,
      aInner: transposeA ? rows : 1,
      bInner: transposeB ? 1 : columns,
      bColumn: transposeB ? inner : 1,
      aBatch: batch > 1 ? rows * inner : 0,
      bBatch: batch > 1 ? inner * columns : 0,
      slice,
      sliceStep: slices > 1 ? slice : 0,
      activation: activationCode(attributes.activation),
      hasBias: Number(hasBias),
      hasResidual: Number(hasResidual),
      keepPreactivation: Number(keepPreactivation),
    };
    const bindings = { a, b, bias, residual: residual ?? a, y: parts, preactivation };
    const grid = [...tiles, batch * slices] as const;
    const layout = { transposeA: Number(transposeA), transposeB: Number(transposeB) };
    const kernels: Record<Kernel, () => Dispatch> = {
      plain: () => dispatch(matmulPlain, bindings, params, grid),
      subgroup: () => dispatch(matmulSubgroup, bindings, params, grid, { ...layout, tall: Number(tile.rows === 32) }),
      tiled: () => dispatch(matmulTiled, bindings, params, grid, { ...layout, wide: Number(tile.rows === 128) }),
      register: () => dispatch(matmulRegister, bindings, params, grid, layout),
      vector: () => dispatch(matmulVector, bindings, params, grid, layout),
    };
    const product = matrix
      ? dispatch(matrix.kernel, bindings, params, grid, { ...layout, halfBias: 0, halfY: 0, threads: matrix.threads })
      : kernels[kernel]();
    return slices > 1 ? [product, sumSlices(parts, y)] : [product];
  },
  gradient({ inputs, outputs: [y, preactivation], attributes, needed }, [dy]) {
    if (!dy) return [];
    const { transposeA, transposeB, activation, hasBias, hasResidual } = attributes;
    // Without a residual, relu's output is as good as its pre-activation, which then need not be kept.
    const pre = activation === 'relu' && !hasResidual ? y : preactivation;
    const dPre =
      activation && needed.slice(0, hasBias ? 3 : 2).some(Boolean)
        ? apply(activationBackward, [pre, dy], { activation })[0]
        : dy;
    const batched = inputs[1].shape.length === 3;
    const [a, b, dProduct] = [inputs[0], inputs[1], dPre].map((tensor) => (batched ? tensor : asMatrix(tensor)));
    const da = () =>
      transposeA
        ? matmul(b, dProduct, { transposeA: transposeB, transposeB: true })
        : matmul(dProduct, b, { transposeB: !transposeB });
    const db = () =>
      transposeB
        ? matmul(dProduct, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, dProduct, { transposeA: !transposeA });
    return [
      needed[0] ? reshape(da(), inputs[0].shape) : undefined,
      needed[1] ? db() : undefined,
      ...(hasBias ? [needed[2] ? sum(asMatrix(dPre)) : undefined] : []),
      ...(hasResidual ? [dy] : []),
    ];
  },
};

type Variant = 'subgroup' | 'plain' | 'matrix' | 'tiled' | 'register';
type Kernel = Exclude<Variant, 'matrix'> | 'vector';

/** Sizes of the contiguous axes of a and b. */
const contiguousSizes = ({ rows, inner, columns }: Sizes, { transposeA, transposeB }: Attributes) => [
  transposeA ? rows : inner,
  transposeB ? inner : columns,
];

/** With so few rows of y, reading b is all the work. */
const fewRows = 8;

const matrixFor = (sizes: Sizes, attributes: Attributes, capabilities: Capabilities) =>
  sizes.rows > fewRows ? matrixKernelFor('f32', sizes, contiguousSizes(sizes, attributes), capabilities) : undefined;

/** The kernel in which a variant runs these sizes. */
function kernelFor(variant: Variant, sizes: Sizes, attributes: Attributes, { vendor }: Capabilities): Kernel {
  // All but the plain one read a and b and write y four values at a time.
  const vectorized = [sizes.columns, ...contiguousSizes(sizes, attributes)].every((size) => size % 4 === 0);
  if (!vectorized || variant === 'plain') return 'plain';
  if (variant === 'subgroup') return attributes.transposeA && attributes.transposeB ? 'plain' : variant; // nothing here needs both
  if (sizes.rows <= fewRows) return 'vector';
  return variant === 'matrix' ? (vendor === 'apple' ? 'register' : 'tiled') : variant; // none for these sizes
}

/** All axes but the last made one. */
function asMatrix(x: Tensor): Tensor {
  const columns = x.shape[x.shape.length - 1];
  return x.shape.length === 2 ? x : reshape(x, [elements(x.shape) / columns, columns]);
}

/** Rows and columns of y that one workgroup owns. */
function tileOf(
  kernel: Kernel,
  { batch, rows, columns }: Sizes,
  { transposeA, transposeB }: Attributes,
): { rows: number; columns: number } {
  const square = (size: number) => ({ rows: size, columns: size });
  switch (kernel) {
    case 'plain':
      return square(32);
    case 'subgroup':
      return { rows: rows <= 16 && !transposeA ? 16 : 32, columns: 32 };
    case 'tiled': // Large tiles where there are enough of them for the largest GPUs.
      return square(batch * Math.ceil(rows / 128) * Math.ceil(columns / 128) >= 128 ? 128 : 64);
    case 'register':
      return square(64);
    case 'vector':
      return { rows: 4, columns: transposeB ? 16 : 32 };
  }
}

/**
 * Into how many slices the inner dimension is cut, where the output alone has too few tiles to keep the device busy (weight
 * gradients). Each slice has at least 256 inner values, so that adding up the parts stays cheap.
 */
function slicesOf(inner: number, tiles: number, { software }: Capabilities): number {
  return Math.max(1, Math.min(Math.ceil((software ? 8 : 256) / tiles), Math.floor(inner / 256)));
}

const activationBackward: OpDefinition<{ readonly activation: Activation }> = {
  name: 'matmul.activation.backward',
  outputs: ([pre]) => [pre],
  launch({ inputs: [pre, dy], outputs: [dPre], attributes: { activation } }): Dispatch[] {
    const count4 = Math.ceil(elements(pre.shape) / 4);
    const params = { count4, activation: activationCode(activation) };
    return [dispatch(matmulActivationBackward, { pre, dy, dPre }, params, linearGrid(count4, 64))];
  },
  gradient: firstOrderOnly,
};

/**
 * Matrix product op(a) op(b).
 * @param a [rows, inner] or [batch, rows, inner]; with transposeA [inner, rows] or [batch, inner, rows]
 * @param b [inner, columns] or [batch, inner, columns]; with transposeB [columns, inner] or [batch, columns, inner]
 * @returns [rows, columns] or [batch, rows, columns]
 * @throws ShapeError
 */
export function matmul(a: Tensor, b: Tensor, { transposeA = false, transposeB = false } = {}): Tensor {
  expectShapes(a.shape.length === b.shape.length, 'matmul', 'a and b both with a batch or both without', [a, b]);
  return apply(definition, [a, b], { transposeA, transposeB, hasBias: false, hasResidual: false })[0];
}

/**
 * A dense layer in one kernel: activation(x weight^T + bias) + residual.
 * GELU is the exact one, x * (1 + erf(x / sqrt 2)) / 2; QuickGELU is CLIP's x * sigmoid(1.702 x).
 * @param x [..., in]
 * @param weight [out, in], PyTorch's layout
 * @param options bias [out]; residual [..., out], added after the activation
 * @returns [..., out]
 * @throws ShapeError
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  { bias, activation, residual }: { bias?: Tensor; activation?: Activation; residual?: Tensor } = {},
): Tensor {
  expectShapes(
    weight.shape.length === 2 && x.shape.length >= 2,
    'linear',
    'x [..., in] with at least two axes, weight [out, in]',
    [x, weight],
  );
  const inputs = [x, weight, ...(bias ? [bias] : []), ...(residual ? [residual] : [])];
  const attributes = {
    transposeA: false,
    transposeB: true,
    activation,
    hasBias: Boolean(bias),
    hasResidual: Boolean(residual),
  };
  return apply(definition, inputs, attributes)[0];
}
