import { dispatch } from '../../engine/kernel.ts';
import { apply, expectShapes, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../graph.ts';
import { type ActivationKind, activationBackward, activationCode } from '../activation/activation.backward.ts';
import { cast, type Precision, precisionOf } from '../cast/cast.ts';
import { quantized } from '../dequantize/quantized.ts';
import { reshape } from '../reshape/reshape.ts';
import { sum, sumSlices } from '../sum/sum.ts';
import {
  type Attributes,
  isVectorized,
  kernelFor,
  matrixFor,
  sizesOf,
  slicesOf,
  tileOf,
  type Variant,
} from './matmul.choice.ts';
import { matmulQuadKernel } from './matmul.quad.wgsl.ts';
import { matmulRegisterKernel } from './matmul.register.wgsl.ts';
import { matmulSubgroupRowsKernel } from './matmul.subgroup.rows.wgsl.ts';
import { matmulSubgroupKernel } from './matmul.subgroup.wgsl.ts';
import { matmulTiledKernel } from './matmul.tiled.wgsl.ts';
import { matmulVectorKernel } from './matmul.vector.wgsl.ts';
import { matmulKernel } from './matmul.wgsl.ts';

/** An activation that `linear` applies in its kernel. */
export type Activation = Exclude<ActivationKind, 'sigmoid'>;

const definition: OpDefinition<Attributes> = {
  name: 'matmul',
  takesHalf: true,
  takesInt8: true,
  // On a CPU loads are dear and barriers dearer, on a GPU memory is far and workgroup memory near.
  variants: {
    subgroup: ({ software, subgroupSize, features }) =>
      software && (subgroupSize === 8 || subgroupSize === 4) && features.has('subgroups'),
    plain: ({ software }) => software && 'untimed',
    matrix: ({ subgroupMatrices }) => (subgroupMatrices.length > 0 ? 'preferred' : false),
    tiled: ({ software }) => (software ? 'untimed' : true),
    register: ({ software, vendor }) => (software ? 'untimed' : vendor === 'apple' ? 'preferred' : true),
  },
  outputs(inputs, attributes) {
    const [a, b, ...rest] = inputs;
    const op = attributes.hasBias || attributes.hasResidual || attributes.activation ? 'linear' : 'matmul';
    const left = attributes.transposeA ? 'a [inner, rows]' : 'a [rows, inner]';
    const right = attributes.transposeB ? 'b [columns, inner]' : 'b [inner, columns]';
    const sizes = sizesOf(inputs, attributes);
    const sameType = b.dtype === a.dtype || (b.dtype === 'i8' && a.dtype === 'f32');
    const typed = (a.dtype === 'f32' || a.dtype === 'f16') && sameType && rest.every(({ dtype }) => dtype === 'f32');
    expectShapes(
      sizes !== undefined && typed,
      op,
      `${left}, ${right}, both of f32 or both of f16, with the same batch before both or neither, and the rest of f32`,
      inputs,
    );
    expectShapes(
      b.dtype === 'f32' || isVectorized(sizes, attributes),
      op,
      'in half precision, sizes that are multiples of 4 along the last axes of a, b and the result',
      inputs,
    );
    const { batch, rows, columns } = sizes;
    expectShapes(batch <= 65535, op, 'at most 65,535 batches', inputs);
    const shape = attributes.transposeA ? [...a.shape.slice(0, -2), rows, columns] : [...a.shape.slice(0, -1), columns];
    const { bias, residual } = epilogueOf(inputs, attributes);
    expectShapes(!bias || (bias.shape.length === 1 && bias.shape[0] === columns), op, `bias [${columns}]`, inputs);
    expectShapes(!residual || residual.shape.join() === shape.join(), op, `residual [${shape.join(', ')}]`, inputs);
    // The second is the pre-activation, for the backward pass.
    const dtype = attributes.precision;
    return [
      { shape, dtype },
      { shape, dtype },
    ];
  },
  launch({ inputs, outputs: [y, preactivation], attributes, capabilities, variant, used, scratch }) {
    const [a, b] = inputs;
    const { transposeA, transposeB, hasBias, hasResidual, precision } = attributes;
    const half = a.dtype === 'f16';
    const sizes = sizesOf(inputs, attributes)!;
    const { batch, rows, inner, columns } = sizes;
    const absent = half ? scratch([4]) : a; // a placeholder of floats
    const { scale = absent, bias = absent, residual = absent } = epilogueOf(inputs, attributes);
    const keepPreactivation = used(preactivation);
    const bare = inputs.length === 2 && !attributes.activation && !keepPreactivation && precision === 'f32';
    const matrix = variant === 'matrix' ? matrixFor(sizes, attributes, b.dtype, capabilities) : undefined;
    const kernel = kernelFor(variant as Variant, sizes, attributes, b.dtype, capabilities);
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
      hasScale: Number(b.dtype === 'i8'),
      hasBias: Number(hasBias),
      hasResidual: Number(hasResidual),
      keepPreactivation: Number(keepPreactivation),
    };
    const bindings = { a, b, scale, bias, residual, y: parts, preactivation };
    const grid = [...tiles, batch * slices] as const;
    const layout = { transposeA: Number(transposeA), transposeB: Number(transposeB) };
    const [tall, wide] = [tile.rows === 32, tile.rows === 128].map(Number);
    const onVectors = {
      plain: () => dispatch(matmulKernel, bindings, params, grid),
      subgroup: () =>
        half && !transposeA && inner % 8 === 0
          ? dispatch(matmulSubgroupRowsKernel, bindings, params, grid, { ...layout, tall })
          : dispatch(matmulSubgroupKernel, bindings, params, grid, { ...layout, tall }),
      quad: () => dispatch(matmulQuadKernel, bindings, params, grid),
      tiled: () => dispatch(matmulTiledKernel, bindings, params, grid, { ...layout, wide }),
      register: () => dispatch(matmulRegisterKernel, bindings, params, grid, layout),
      vector: () => dispatch(matmulVectorKernel, bindings, params, grid, layout),
    };
    const product = matrix
      ? dispatch(matrix.kernel, bindings, params, grid, { ...layout, threads: matrix.threads })
      : onVectors[kernel]();
    return slices > 1 ? [product, sumSlices(parts, y)] : [product];
  },
};

export const matmulGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ inputs, outputs: [y, preactivation], attributes, needed }, [dy]) {
    if (!dy) return [];
    if (inputs[1].dtype === 'i8') {
      throw new TypeError('linear has no gradient through weights in int8, which are for searching, not for training');
    }
    const { transposeA, transposeB, activation, hasBias, hasResidual } = attributes;
    // Without a residual, relu's output is as good as its pre-activation, which then need not be kept.
    const pre = activation === 'relu' && !hasResidual ? y : preactivation;
    const dPre =
      activation && needed.slice(0, hasBias ? 3 : 2).some(Boolean)
        ? activationBackward(pre, cast(dy, precisionOf(pre)), activation)
        : dy;
    const batched = inputs[1].shape.length === 3;
    const operands = [inputs[0], inputs[1], inputs[0].dtype === 'f16' ? cast(dPre, 'f16') : dPre];
    const [a, b, dProduct] = operands.map((tensor) => (batched ? tensor : asMatrix(tensor)));
    const da = () =>
      transposeA
        ? matmul(b, dProduct, { transposeA: transposeB, transposeB: true })
        : matmul(dProduct, b, { transposeB: !transposeB });
    // In single precision, as b is the weights, whose master copy takes up the gradient.
    const db = () =>
      transposeB
        ? matmul(dProduct, a, { transposeA: true, transposeB: transposeA, precision: 'f32' })
        : matmul(a, dProduct, { transposeA: !transposeA, precision: 'f32' });
    return [
      needed[0] ? reshape(da(), inputs[0].shape) : undefined,
      needed[1] ? db() : undefined,
      ...(hasBias ? [needed[2] ? sum(asMatrix(dPre)) : undefined] : []),
      ...(hasResidual ? [dy] : []),
    ];
  },
};

/** What follows a and b: the scale where b is of bytes, and what there is of the rest. */
function epilogueOf([, b, ...rest]: readonly Tensor[], { hasBias }: Attributes): Epilogue {
  const [scale, others] = b.dtype === 'i8' ? [rest[0], rest.slice(1)] : [undefined, rest];
  const [bias, residual] = hasBias ? others : [undefined, others[0]];
  return { scale, bias, residual };
}

interface Epilogue {
  /** [columns] */
  readonly scale?: Tensor;
  /** [columns] */
  readonly bias?: Tensor;
  readonly residual?: Tensor;
}

/** All axes but the last made one. */
function asMatrix(x: Tensor): Tensor {
  const columns = x.shape[x.shape.length - 1];
  return x.shape.length === 2 ? x : reshape(x, [elements(x.shape) / columns, columns]);
}

/**
 * Matrix product op(a) op(b). With b in half precision it is one of halves: a is rounded to such, the products are
 * added up in single precision, and all last axes must be multiples of 4.
 * @param a [rows, inner] or [batch, rows, inner]; with transposeA [inner, rows] or [batch, inner, rows]
 * @param b [inner, columns] or [batch, inner, columns]; with transposeB [columns, inner] or [batch, columns, inner]
 * @param options precision: of the result, that of a unless given
 * @returns [rows, columns] or [batch, rows, columns]
 * @throws ShapeError
 */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false, precision }: MatmulOptions = {},
): Tensor {
  const fits = a.shape.length === b.shape.length && b.dtype !== 'i8';
  expectShapes(fits, 'matmul', 'a and b both with a batch or both without, and of floats', [a, b]);
  const result = precision ?? precisionOf(a);
  const inputs = [b.dtype === 'f16' ? cast(a, 'f16') : a, b];
  const attributes = { transposeA, transposeB, hasBias: false, hasResidual: false };
  // Only halves make halves in a kernel.
  const made = b.dtype === 'f16' ? result : 'f32';
  return cast(apply(definition, inputs, { ...attributes, precision: made })[0], result);
}

/** Which factor is given transposed, and the precision of the product. */
export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly precision?: Precision;
}

/**
 * A dense layer in one kernel: activation(x weight^T + bias) + residual. GELU is the exact one, x * (1 + erf(x / sqrt
 * 2)) / 2, or its approximation by tanh (`geluTanh`); QuickGELU is CLIP's x * sigmoid(1.702 x). With a weight in half precision the product is one of halves, as
 * `matmul`'s, and the gradient of the weight in single. A weight in int8 (`dequantize`) is read as bytes where its sizes
 * are multiples of 4; it has no gradient.
 * @param x [..., in]
 * @param weight [out, in], PyTorch's layout
 * @param options bias [out]; residual [..., out], added after the activation; both in single precision
 * @returns [..., out], in the precision of x, or that of the residual where there is one
 * @throws ShapeError
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  { bias, activation, residual }: { bias?: Tensor; activation?: Activation; residual?: Tensor } = {},
): Tensor {
  expectShapes(
    weight.shape.length === 2 && x.shape.length >= 2 && weight.dtype !== 'i8',
    'linear',
    'x [..., in] with at least two axes, weight [out, in], of bytes only by dequantize(weight, scale)',
    [x, weight],
  );
  const inputs = [...factorsOf(x, weight), ...(bias ? [bias] : []), ...(residual ? [residual] : [])];
  const attributes = {
    transposeA: false,
    transposeB: true,
    activation,
    precision: residual ? 'f32' : precisionOf(x),
    hasBias: Boolean(bias),
    hasResidual: Boolean(residual),
  };
  return apply(definition, inputs, attributes)[0];
}

/** The factors of a dense layer, with the scale of a weight in int8 that is read as it is: one in whole words. */
function factorsOf(x: Tensor, weight: Tensor): Tensor[] {
  const light = quantized(weight);
  const isWhole = weight.shape.every((size) => size % 4 === 0);
  if (light?.scale.shape.length === 1 && isWhole && x.dtype === 'f32') return [x, light.values, light.scale];
  return [weight.dtype === 'f16' ? cast(x, 'f16') : x, weight];
}
