import type { Capabilities } from '../../engine/capabilities.ts';
import { type DType, elements, type Tensor } from '../../graph.ts';
import type { Precision } from '../cast/cast.ts';
import { matrixKernelFor } from './matmul.matrix.ts';
import type { Activation } from './matmul.ts';

// Sizes of a product, and which kernel runs them in what tiles.

export interface Attributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly activation?: Activation;
  /** The precision of y; half only where a and b are. */
  readonly precision: Precision;
  /** Which optional inputs follow a and b. */
  readonly hasBias: boolean;
  readonly hasResidual: boolean;
}

export interface Sizes {
  readonly batch: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** Sizes of y = op(a) op(b), undefined where a and b do not fit. With a matrix b, a's axes before the last are rows. */
export function sizesOf([a, b]: readonly Tensor[], { transposeA, transposeB }: Attributes): Sizes | undefined {
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

export type Variant = 'subgroup' | 'plain' | 'matrix' | 'tiled' | 'register';
export type Kernel = Exclude<Variant, 'matrix'> | 'quad' | 'vector';

/** Sizes of the contiguous axes of a and b. */
const contiguousSizes = ({ rows, inner, columns }: Sizes, { transposeA, transposeB }: Attributes) => [
  transposeA ? rows : inner,
  transposeB ? inner : columns,
];

/** Whether a, b and y can be read and written four values at a time, as all kernels but the plain one do. */
export const isVectorized = (sizes: Sizes, attributes: Attributes): boolean =>
  [sizes.columns, ...contiguousSizes(sizes, attributes)].every((size) => size % 4 === 0);

/** With so few rows of y, reading b is all the work. */
const fewRows = 8;

/** @param stored of b; subgroup matrices are loaded as they are stored, so that there is none for bytes */
export const matrixFor = (sizes: Sizes, attributes: Attributes, stored: DType, capabilities: Capabilities) =>
  sizes.rows > fewRows && (stored === 'f16' || stored === 'f32')
    ? matrixKernelFor(stored, sizes, contiguousSizes(sizes, attributes), capabilities)
    : undefined;

/** The kernel in which a variant runs these sizes. @param stored the dtype of b */
export function kernelFor(
  variant: Variant,
  sizes: Sizes,
  attributes: Attributes,
  stored: DType,
  { vendor, subgroupSize }: Capabilities,
): Kernel {
  const plain = stored === 'f32' ? 'plain' : 'register'; // runs anywhere, halves and bytes being vectorized
  if (!isVectorized(sizes, attributes) || variant === 'plain') return plain;
  // The subgroup kernels take one transposed matrix at most (no op here needs both), that of four lanes b alone.
  if (variant === 'subgroup' && subgroupSize === 4) return attributes.transposeA ? plain : 'quad';
  if (variant === 'subgroup') return attributes.transposeA && attributes.transposeB ? plain : variant;
  if (sizes.rows <= fewRows) return 'vector';
  return variant === 'matrix' ? (vendor === 'apple' ? 'register' : 'tiled') : variant; // no matrices for these
}

/** Rows and columns of y that one workgroup owns. */
export function tileOf(
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
    case 'quad':
      return { rows: 8, columns: 32 };
    case 'tiled': // Large tiles where there are enough of them for the largest GPUs.
      return square(batch * Math.ceil(rows / 128) * Math.ceil(columns / 128) >= 128 ? 128 : 64);
    case 'register':
      return square(64);
    case 'vector':
      return { rows: 4, columns: transposeB ? 16 : 32 };
  }
}

/**
 * Into how many slices the inner dimension is cut, where the output alone has too few tiles to keep the device busy
 * (weight gradients). Each slice has at least 256 inner values, so that adding up the parts stays cheap.
 */
export function slicesOf(inner: number, tiles: number, { software }: Capabilities): number {
  return Math.max(1, Math.min(Math.ceil((software ? 8 : 256) / tiles), Math.floor(inner / 256)));
}
