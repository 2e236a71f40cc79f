import type { Capabilities } from '../../engine/capabilities.ts';
import { apply, expectShapes, firstOrderOnly, type Gradient, type OpDefinition } from '../../engine/op.ts';
import { elements, type Shape, type Tensor } from '../../graph.ts';
import { relu } from '../activation/activation.ts';
import { add } from '../binary/binary.ts';
import { linear } from '../matmul/matmul.ts';
import { reshape } from '../reshape/reshape.ts';
import { patches } from './patches.ts';
import { convolve, pack, weightProducts } from './products.ts';

interface Attributes {
  readonly stride: number;
  readonly padding: number;
}

/** With the shape of the result: that of an input which the backward kernels are not bound to. */
interface BackwardAttributes extends Attributes {
  readonly shape: Shape;
}

// As in matmul: on a CPU loads are expensive and barriers more so; on a GPU memory is slow and workgroup memory is
// fast.
const variants = {
  subgroup: ({ software, subgroupSize, features }: Capabilities) =>
    software && subgroupSize === 8 && features.has('subgroups'),
  plain: ({ software }: Capabilities) => software && 'untimed',
  tiled: ({ software }: Capabilities) => (software ? 'untimed' : true),
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
};

export const conv2dGradient: Gradient<Attributes> = {
  of: definition,
  vjp({ inputs: [x, weight], attributes, needed }, [dy]) {
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
  noGradient: firstOrderOnly,
};

const backwardWeight: OpDefinition<BackwardAttributes> = {
  name: 'conv2d.backward.weight',
  variants,
  outputs: (_, { shape }) => [{ shape, dtype: 'f32' }],
  launch({ inputs: [x, dy], outputs: [dWeight], attributes: { stride, padding }, variant, scratch }) {
    return weightProducts(x, dy, dWeight, { stride, padding }, variant, scratch);
  },
  noGradient: firstOrderOnly,
};

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

/** How the window goes over the image. */
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
