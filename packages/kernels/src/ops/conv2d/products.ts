import { type Dispatch, dispatch, linearGrid } from '../../engine/kernel.ts';
import { elements, type Shape, type Tensor } from '../../graph.ts';
import { slicesFor, sumSlices } from '../sum/sum.ts';
import { conv2dBackwardWeightSubgroupKernel } from './conv2d.backward.weight.subgroup.wgsl.ts';
import { conv2dBackwardWeightTiledKernel } from './conv2d.backward.weight.tiled.wgsl.ts';
import { conv2dBackwardWeightKernel } from './conv2d.backward.weight.wgsl.ts';
import { conv2dPackKernel } from './conv2d.pack.wgsl.ts';
import { conv2dPadKernel } from './conv2d.pad.wgsl.ts';
import { conv2dSubgroupKernel } from './conv2d.subgroup.wgsl.ts';
import { conv2dTiledKernel } from './conv2d.tiled.wgsl.ts';
import { conv2dKernel } from './conv2d.wgsl.ts';

// In every variant the plain kernels do what would fill less than about half of a tile.

type Scratch = (shape: Shape) => Tensor;

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

/** The weight as `convolve` wants it: see conv2d.pack.wgsl. */
export function pack(weight: Tensor, sizes: PackSizes, scratch: Scratch): Prepared {
  const rows4 = Math.ceil(sizes.rows / 4);
  const columns4 = Math.ceil(sizes.columns / 4);
  const packed = scratch([sizes.taps, rows4 * 4, columns4 * 4]);
  const grid = linearGrid(elements(packed.shape) / 4, 64);
  return {
    tensor: packed,
    dispatches: [dispatch(conv2dPackKernel, { weight, packed }, { ...sizes, rows4, columns4 }, grid)],
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
  return {
    tensor: padded,
    dispatches: [dispatch(conv2dPadKernel, { x, padded }, { pixels, channels, channels4 }, grid)],
  };
}

interface Geometry {
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly stride: number;
  readonly spread: number;
  readonly paddingRows: number;
  readonly paddingColumns: number;
}

/** The convolution of x with a packed weight: y itself, or with a spread the gradient of an input. */
export function convolve(
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
  const product = () => {
    const tiles = [Math.ceil(pixels / 32), Math.ceil(columns4 / 8)] as const;
    if (variant === 'subgroup' && columns4 >= 4 && tiles[0] <= 65535)
      return dispatch(conv2dSubgroupKernel, bindings, params, tiles);
    const phases = geometry.spread ** 2;
    if (variant === 'tiled' && columns4 >= 8 && columns % 4 === 0 && phases <= 65535) {
      const pixelsOfPhase = batch * Math.ceil(height / geometry.spread) * Math.ceil(width / geometry.spread);
      const tilesOf = (size: number) => Math.ceil(pixelsOfPhase / size) * Math.ceil(columns / size);
      // Large tiles where there are so many that they keep the largest GPUs busy, as in matmul.
      const wide = columns4 > 16 && tilesOf(128) * phases >= 128;
      const [across, down] = linearGrid(tilesOf(wide ? 128 : 64), 1);
      return dispatch(conv2dTiledKernel, bindings, params, [across, down, phases], { wide: Number(wide) });
    }
    return dispatch(conv2dKernel, bindings, params, linearGrid(Math.ceil(pixels / 8) * columns4, 64));
  };
  return [...images.dispatches, product()];
}

/** The gradient of a weight, added up over slices of the pixels of dy. */
export function weightProducts(
  x: Tensor,
  dy: Tensor,
  dWeight: Tensor,
  { stride, padding }: { readonly stride: number; readonly padding: number },
  variant: string,
  scratch: Scratch,
): Dispatch[] {
  const [outputs, channels, kernelHeight, kernelWidth] = dWeight.shape;
  const [batch, height, width] = dy.shape;
  const taps = kernelHeight * kernelWidth;
  const pixels = batch * height * width;
  const outputs4 = Math.ceil(outputs / 4);
  const channels4 = Math.ceil(channels / 4);
  const columns4 = taps * channels4;
  const kernel = weightKernel(variant, outputs4, channels4, columns4);
  const wide = outputs4 > 16 && columns4 > 16;
  const [down, across] = {
    subgroup: () => [Math.ceil(outputs4 / 8) * Math.ceil(channels4 / 8), taps],
    tiled: () => [outputs4, columns4].map((size) => Math.ceil(size / (wide ? 32 : 16))),
    plain: () => [Math.ceil(outputs4 / 2) * columns4, 1],
  }[kernel]();
  const tiles = down * across;
  // On a CPU a tile has the work of 32 threads of the plain kernel.
  const { slices, rowsPerSlice } =
    kernel === 'tiled' ? slicesForTiles(pixels, tiles) : slicesFor(pixels, kernel === 'subgroup' ? 32 * tiles : tiles);
  const parts = slices > 1 ? scratch([slices, elements(dWeight.shape)]) : dWeight;
  const images = pad(x, scratch);
  const gradients = pad(dy, scratch);
  const params = {
    ...{ pixels, height, width, outputs, outputs4, xHeight: x.shape[1], xWidth: x.shape[2], channels, channels4 },
    ...{ kernelHeight, kernelWidth, stride, padding, pixelsPerSlice: rowsPerSlice, slices },
  };
  const bindings = { x: images.tensor, dy: gradients.tensor, parts };
  const grid = [down, across, slices] as const;
  const product = {
    subgroup: () => dispatch(conv2dBackwardWeightSubgroupKernel, bindings, params, grid),
    tiled: () => dispatch(conv2dBackwardWeightTiledKernel, bindings, params, grid, { wide: Number(wide) }),
    plain: () => dispatch(conv2dBackwardWeightKernel, bindings, params, linearGrid(slices * tiles, 64)),
  }[kernel]();
  return [...images.dispatches, ...gradients.dispatches, product, ...(slices > 1 ? [sumSlices(parts, dWeight)] : [])];
}

function weightKernel(variant: string, outputs4: number, channels4: number, columns4: number) {
  if (variant === 'subgroup' && outputs4 >= 4 && channels4 >= 4) return 'subgroup';
  return variant === 'tiled' && outputs4 >= 8 && columns4 >= 8 ? 'tiled' : 'plain';
}

/**
 * Slices of at least 256 pixels, so that adding up their parts stays cheap; as many as give a GPU about 256 tiles in
 * all.
 */
function slicesForTiles(pixels: number, tiles: number): { slices: number; rowsPerSlice: number } {
  const wanted = Math.max(1, Math.min(Math.ceil(256 / tiles), Math.floor(pixels / 256)));
  const rowsPerSlice = Math.ceil(pixels / wanted);
  return { slices: Math.ceil(pixels / rowsPerSlice), rowsPerSlice };
}
