import type { Capabilities } from '../../engine/capabilities.ts';
import { type Dispatch, dispatch, linearGrid } from '../../engine/kernel.ts';
import { apply, expectShapes, firstOrderOnly, type OpDefinition } from '../../engine/op.ts';
import { elements, type Shape, type Tensor } from '../../engine/tensor.ts';
import { relu } from '../activation/activation.ts';
import { add } from '../binary/binary.ts';
import { linear } from '../matmul/matmul.ts';
import { reshape } from '../reshape/reshape.ts';
import { slicesFor, sumSlices } from '../sum/sum.ts';
import { conv2dBackwardWeightSubgroup } from './conv2d.backward.weight.subgroup.wgsl.ts';
import { conv2dBackwardWeight } from './conv2d.backward.weight.wgsl.ts';
import { conv2dPack } from './conv2d.pack.wgsl.ts';
import { conv2dPad } from './conv2d.pad.wgsl.ts';
import { conv2dSubgroup } from './conv2d.subgroup.wgsl.ts';
import { conv2d as conv2dKernel } from './conv2d.wgsl.ts';
import { patches } from './patches.ts';

interface Attributes {
  readonly stride: number;
  readonly padding: number;
}

/** Needs the shape of an input that the backward kernels are not bound to. */
interface BackwardAttributes extends Attributes {
  readonly shape: Shape;
}

type Scratch = (shape: Shape) => Tensor;

const variants = {
  subgroup: ({ software, subgroupSize, features }: Capabilities) =>
    software && subgroupSize === 8 && features.has('subgroups'),
  plain: () => true,
};

const definition: OpDefinition<Attributes> = {
  name: 'conv2d',
  variants,
  outputs(inputs, attributes) {
    return [{ shape: outputShape(inputs[0], inputs[1], attributes), dtype: 'f32' }];
  },
  launch({ inputs: [x, weight], outputs: [y], attributes: { stride, padding }, variant, scratch }) {
    const [columns, rows, kernelHeight, kernelWidth] = weight.shape;
    const taps = kernelHeight * kernelWidth;
    const strides = { rowStride: taps, columnStride: rows * taps, reversed: 0 };
    const packed = pack(weight, { taps, rows, columns, ...strides }, scratch);
    const geometry = { stride, spread: 1, paddingRows: padding, paddingColumns: padding };
    return [
      ...packed.dispatches,
      ...convolve(x, packed.tensor, y, { kernelHeight, kernelWidth, ...geometry }, variant, scratch),
    ];
  },
  gradient({ inputs: [x, weight], attributes, needed }, [dy]) {
    if (!dy) return [];
    return [
      needed[0] ? apply(backwardInput, [weight, dy], { ...attributes, shape: x.shape })[0] : undefined,
      needed[1] ? apply(backwardWeight, [x, dy], { ...attributes, shape: weight.shape })[0] : undefined,
    ];
  },
};

/** A convolution of dy, its pixels spread by the stride, with the taps in reverse. */
const backwardInput: OpDefinition<BackwardAttributes> = {
  name: 'conv2d.backward',
  variants,
  outputs: (_, { shape }) => [{ shape, dtype: 'f32' }],
  launch({ inputs: [weight, dy], outputs: [dx], attributes: { stride, padding }, variant, scratch }) {
    const [rows, columns, kernelHeight, kernelWidth] = weight.shape;
    const taps = kernelHeight * kernelWidth;
    const strides = { rowStride: columns * taps, columnStride: taps, reversed: 1 };
    const packed = pack(weight, { taps, rows, columns, ...strides }, scratch);
    const paddings = { paddingRows: kernelHeight - 1 - padding, paddingColumns: kernelWidth - 1 - padding };
    const geometry = { kernelHeight, kernelWidth, stride: 1, spread: stride, ...paddings };
    return [...packed.dispatches, ...convolve(dy, packed.tensor, dx, geometry, variant, scratch)];
  },
  gradient: firstOrderOnly,
};

const backwardWeight: OpDefinition<BackwardAttributes> = {
  name: 'conv2d.backward.weight',
  variants,
  outputs: (_, { shape }) => [{ shape, dtype: 'f32' }],
  launch({ inputs: [x, dy], outputs: [dWeight], attributes: { stride, padding }, variant, scratch }) {
    const [outputs, channels, kernelHeight, kernelWidth] = dWeight.shape;
    const [batch, height, width] = dy.shape;
    const taps = kernelHeight * kernelWidth;
    const pixels = batch * height * width;
    const outputs4 = Math.ceil(outputs / 4);
    const channels4 = Math.ceil(channels / 4);
    const tiled = variant === 'subgroup' && outputs4 >= 4 && channels4 >= 4;
    const tiles = Math.ceil(outputs4 / 8) * Math.ceil(channels4 / 8);
    const threads = Math.ceil(outputs4 / 2) * channels4 * taps;
    // One tile has the work of 32 threads of the plain kernel.
    const { slices, rowsPerSlice } = slicesFor(pixels, tiled ? tiles * taps * 32 : threads);
    const parts = slices > 1 ? scratch([slices, elements(dWeight.shape)]) : dWeight;
    const images = pad(x, scratch);
    const gradients = pad(dy, scratch);
    const params = {
      ...{ pixels, height, width, outputs, outputs4, xHeight: x.shape[1], xWidth: x.shape[2], channels, channels4 },
      ...{ kernelHeight, kernelWidth, stride, padding, pixelsPerSlice: rowsPerSlice, slices },
    };
    const bindings = { x: images.tensor, dy: gradients.tensor, parts };
    const product = tiled
      ? dispatch(conv2dBackwardWeightSubgroup, bindings, params, [tiles, taps, slices])
      : dispatch(conv2dBackwardWeight, bindings, params, linearGrid(slices * threads, 64));
    return [...images.dispatches, ...gradients.dispatches, product, ...(slices > 1 ? [sumSlices(parts, dWeight)] : [])];
  },
  gradient: firstOrderOnly,
};

interface Prepared {
  readonly tensor: Tensor;
  readonly dispatches: readonly Dispatch[];
}

interface PackSizes {
  readonly taps: number;
  readonly rows: number;
  readonly columns: number;
  readonly rowStride: number;
  readonly columnStride: number;
  readonly reversed: number;
}

function pack(weight: Tensor, sizes: PackSizes, scratch: Scratch): Prepared {
  const rows4 = Math.ceil(sizes.rows / 4);
  const columns4 = Math.ceil(sizes.columns / 4);
  const packed = scratch([sizes.taps, rows4 * 4, columns4 * 4]);
  const grid = linearGrid(elements(packed.shape) / 4, 64);
  return {
    tensor: packed,
    dispatches: [dispatch(conv2dPack, { weight, packed }, { ...sizes, rows4, columns4 }, grid)],
  };
}

/** x with its channels padded to a multiple of 4; x itself where they are one. */
function pad(x: Tensor, scratch: Scratch): Prepared {
  const channels = x.shape[3];
  if (channels % 4 === 0) return { tensor: x, dispatches: [] };
  const channels4 = Math.ceil(channels / 4);
  const pixels = elements(x.shape) / channels;
  const padded = scratch([pixels, channels4 * 4]);
  const grid = linearGrid(pixels * channels4, 64);
  return { tensor: padded, dispatches: [dispatch(conv2dPad, { x, padded }, { pixels, channels, channels4 }, grid)] };
}

interface Geometry {
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly spread: number;
  readonly paddingRows: number;
  readonly paddingColumns: number;
}

function convolve(
  x: Tensor,
  packed: Tensor,
  y: Tensor,
  geometry: Geometry,
  variant: string,
  scratch: Scratch,
): Dispatch[] {
  const [batch, height, width, columns] = y.shape;
  const [, xHeight, xWidth, channels] = x.shape;
  const pixels = batch * height * width;
  const columns4 = Math.ceil(columns / 4);
  const images = pad(x, scratch);
  const sizes = { pixels, height, width, columns, columns4, xHeight, xWidth, channels4: Math.ceil(channels / 4) };
  const params = { ...sizes, ...geometry };
  const bindings = { x: images.tensor, packed, y };
  const tiles = [Math.ceil(pixels / 32), Math.ceil(columns4 / 8)] as const;
  // With few channels, most lanes of a subgroup's tile would have nothing to do.
  const product =
    variant === 'subgroup' && columns4 >= 4 && tiles[0] <= 65535
      ? dispatch(conv2dSubgroup, bindings, params, tiles)
      : dispatch(conv2dKernel, bindings, params, linearGrid(Math.ceil(pixels / 8) * columns4, 64));
  return [...images.dispatches, product];
}

function outputShape(x: Tensor, weight: Tensor, { stride, padding }: Attributes): Shape {
  const fits =
    [x, weight].every(({ shape, dtype }) => shape.length === 4 && dtype === 'f32') && x.shape[3] === weight.shape[1];
  expectShapes(fits, 'conv2d', 'x [batch, height, width, channels], weight [out, channels, kh, kw]', [x, weight]);
  const valid = Number.isInteger(stride) && stride > 0 && Number.isInteger(padding) && padding >= 0;
  expectShapes(valid, 'conv2d', `a stride of 1 or more, not ${stride}, and a padding of 0 or more, not ${padding}`, [
    x,
    weight,
  ]);
  const [batch, ...size] = x.shape;
  const [out, , ...kernel] = weight.shape;
  const [height, width] = kernel.map((taps, axis) => Math.floor((size[axis] + 2 * padding - taps) / stride) + 1);
  const wide = height > 0 && width > 0;
  expectShapes(wide, 'conv2d', `an image that with its padding of ${padding} holds the kernel`, [x, weight]);
  return [batch, height, width, out];
}

export interface ConvolutionOptions {
  /** In pixels, for both axes. */
  readonly stride?: number;
  /** In pixels, on all four sides. */
  readonly padding?: number;
  /** [out] */
  readonly bias?: Tensor;
  readonly activation?: 'relu';
}

/**
 * Two-dimensional convolution, as torch's `F.conv2d` (a cross-correlation: the kernel is not flipped).
 * Kernels that do not overlap (1x1, patches) become one matrix product, with bias and activation in its epilogue.
 * @param x [batch, height, width, channels]
 * @param weight [out, channels, kernel height, kernel width], PyTorch's layout
 * @returns [batch, floor((height + 2 padding - kernel height) / stride) + 1, the same of the width, out]
 * @throws ShapeError
 */
export function conv2d(x: Tensor, weight: Tensor, options: ConvolutionOptions = {}): Tensor {
  const { stride = 1, padding = 0, bias, activation } = options;
  const shape = outputShape(x, weight, { stride, padding });
  const [out, channels, kernelHeight, kernelWidth] = weight.shape;
  if (padding > 0 || kernelHeight !== stride || kernelWidth !== stride) {
    const [product] = apply(definition, [x, weight], { stride, padding });
    const shifted = bias ? add(product, bias) : product;
    return activation ? relu(shifted) : shifted;
  }
  const matrix = reshape(weight, [out, channels * stride * stride]);
  const rows = stride === 1 ? reshape(x, [elements(x.shape) / channels, channels]) : patches(x, stride, stride);
  return reshape(linear(rows, matrix, { bias, activation }), shape);
}
