import type { Capabilities } from '../../engine/capabilities.ts';
import { type Dispatch, dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type OpDefinition } from '../../engine/op.ts';
import { elements, type Tensor } from '../../engine/tensor.ts';
import { reshape } from '../reshape/reshape.ts';
import { sum, sumSlices } from '../sum/sum.ts';
import { matmulActivationBackward } from './matmul.activation.backward.wgsl.ts';
import { matmulSubgroup } from './matmul.subgroup.wgsl.ts';
import { matmulTiled } from './matmul.tiled.wgsl.ts';
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
    tiled: ({ software }) => (software ? 'untimed' : true),
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
    const kernel = variant === 'subgroup' && !isVectorized(sizes, attributes) ? 'plain' : variant;
    const tile = tileOf(kernel, sizes, attributes);
    const tiles: [number, number] = [Math.ceil(rows / tile.rows), Math.ceil(columns / tile.columns)];
    const slices = bare && batch === 1 ? slicesOf(inner, tiles[0] * tiles[1], capabilities) : 1;
    const slice = slices > 1 ? Math.ceil(inner / slices / 4) * 4 : inner;
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
    const product =
      kernel === 'subgroup'
        ? dispatch(matmulSubgroup, bindings, params, grid, {
            transposeA: Number(transposeA),
            transposeB: Number(transposeB),
            tall: Number(tile.rows === 32),
          })
        : dispatch(kernel === 'plain' ? matmulPlain : matmulTiled, bindings, params, grid);
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

/** Whether a, b and y can be read and written four values at a time, as matmul.subgroup.wgsl does. Nothing here needs both transposed. */
function isVectorized({ rows, inner, columns }: Sizes, { transposeA, transposeB }: Attributes): boolean {
  return columns % 4 === 0 && (transposeA ? rows % 4 === 0 && !transposeB : inner % 4 === 0);
}

/** All axes but the last made one. */
function asMatrix(x: Tensor): Tensor {
  const columns = x.shape[x.shape.length - 1];
  return x.shape.length === 2 ? x : reshape(x, [elements(x.shape) / columns, columns]);
}

/** Rows and columns of y that one workgroup owns. */
function tileOf(kernel: string, { rows }: Sizes, { transposeA }: Attributes): { rows: number; columns: number } {
  if (kernel === 'tiled') return { rows: 64, columns: 64 };
  return { rows: kernel === 'subgroup' && rows <= 16 && !transposeA ? 16 : 32, columns: 32 };
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
