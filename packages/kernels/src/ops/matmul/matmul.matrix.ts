import type { Capabilities } from '../../engine/capabilities.ts';
import {
  matmulMatrixHalfIntelKernel,
  matmulMatrixHalfLargeKernel,
  matmulMatrixHalfSmallKernel,
  matmulMatrixSingleKernel,
} from './matmul.matrix.wgsl.ts';

type MatrixWgsl =
  | typeof matmulMatrixHalfLargeKernel
  | typeof matmulMatrixHalfSmallKernel
  | typeof matmulMatrixHalfIntelKernel
  | typeof matmulMatrixSingleKernel;

/** A kernel on subgroup matrices of m x k times k x n, summed up in f32. */
export interface MatrixKernel {
  readonly kernel: MatrixWgsl;
  readonly type: 'f16' | 'f32';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Rows and columns of y that one workgroup owns. */
  readonly rows: number;
  readonly columns: number;
  readonly subgroups: number;
  /** With fewer workgroups the largest GPUs would idle: a later kernel is better then. */
  readonly minTiles: number;
}

function matrixKernel(kernel: MatrixWgsl, minTiles = 1): MatrixKernel {
  const { element, m, n, k, high, wide, down, across } = kernel.sizes;
  const [rows, columns] = [m * high * down, n * wide * across];
  return { kernel, type: element, m, n, k, rows, columns, subgroups: down * across, minTiles };
}

/** Those for the most work first. */
export const matrixKernels: readonly MatrixKernel[] = [
  matrixKernel(matmulMatrixHalfLargeKernel, 128),
  matrixKernel(matmulMatrixHalfSmallKernel),
  matrixKernel(matmulMatrixHalfIntelKernel),
  matrixKernel(matmulMatrixSingleKernel),
];

export interface MatrixChoice extends MatrixKernel {
  /** In a workgroup. */
  readonly threads: number;
}

/**
 * The kernel on subgroup matrices for operands of a type; undefined where the adapter has no such matrices, or the
 * sizes do not go into vectors of 16 bytes.
 * @param contiguous sizes of the contiguous axes of a and b
 */
export function matrixKernelFor(
  type: 'f16' | 'f32',
  { batch, rows, columns }: { readonly batch: number; readonly rows: number; readonly columns: number },
  contiguous: readonly number[],
  { subgroupMatrices, largestSubgroup, maxWorkgroupMemory, maxWorkgroupInvocations }: Capabilities,
): MatrixChoice | undefined {
  if (columns % 4 !== 0 || contiguous.some((size) => size % (type === 'f16' ? 8 : 4) !== 0)) return undefined;
  // All subgroups must be there when they are as large as can be; and 32 threads for each share out the copying.
  const threadsOf = ({ subgroups }: MatrixKernel) => subgroups * Math.max(32, largestSubgroup);
  const found = matrixKernels.find((candidate) => {
    const { m, n, k, minTiles } = candidate;
    const tiles = batch * Math.ceil(rows / candidate.rows) * Math.ceil(columns / candidate.columns);
    const memory = (candidate.rows + candidate.columns) * 80;
    const listed = subgroupMatrices.some(
      (matrix) =>
        matrix.type === type && matrix.resultType === 'f32' && matrix.m === m && matrix.n === n && matrix.k === k,
    );
    return (
      candidate.type === type &&
      listed &&
      tiles >= minTiles &&
      memory <= maxWorkgroupMemory &&
      threadsOf(candidate) <= maxWorkgroupInvocations
    );
  });
  return found && { ...found, threads: threadsOf(found) };
}
