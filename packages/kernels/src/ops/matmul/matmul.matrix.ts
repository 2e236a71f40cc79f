import type { Capabilities } from '../../engine/capabilities.ts';
import { matmulMatrixHalfIntelKernel } from './matmul.matrix.half.intel.wgsl.ts';
import { matmulMatrixHalfLargeKernel } from './matmul.matrix.half.large.wgsl.ts';
import { matmulMatrixHalfSmallKernel } from './matmul.matrix.half.small.wgsl.ts';
import { matmulMatrixSingleKernel } from './matmul.matrix.single.wgsl.ts';

/** A kernel on subgroup matrices of m x k times k x n, summed up in f32. */
export interface MatrixKernel {
  readonly kernel: typeof matmulMatrixSingleKernel;
  readonly type: 'f16' | 'f32';
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** What one workgroup owns of y. */
  readonly rows: number;
  readonly columns: number;
  readonly subgroups: number;
  /** With fewer workgroups the largest GPUs would idle: a later kernel is better then. */
  readonly fewest: number;
}

const half16 = { type: 'f16', m: 16, n: 16, k: 16 } as const;
const half8 = { type: 'f16', m: 8, n: 16, k: 16 } as const;
const single8 = { type: 'f32', m: 8, n: 8, k: 8 } as const;

/** Those for the most work first. The sizes are those of the `#let` lines in each kernel. */
export const matrixKernels: readonly MatrixKernel[] = [
  { ...half16, kernel: matmulMatrixHalfLargeKernel, rows: 128, columns: 256, subgroups: 8, fewest: 128 },
  { ...half16, kernel: matmulMatrixHalfSmallKernel, rows: 64, columns: 64, subgroups: 4, fewest: 1 },
  { ...half8, kernel: matmulMatrixHalfIntelKernel, rows: 64, columns: 64, subgroups: 4, fewest: 1 },
  { ...single8, kernel: matmulMatrixSingleKernel, rows: 64, columns: 64, subgroups: 4, fewest: 1 },
];

export interface MatrixChoice extends MatrixKernel {
  /** In a workgroup. */
  readonly threads: number;
}

/**
 * The kernel on subgroup matrices for operands of a type; undefined where the adapter has no such matrices, or the sizes do not
 * go into vectors of 16 bytes.
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
    const { m, n, k, fewest } = candidate;
    const tiles = batch * Math.ceil(rows / candidate.rows) * Math.ceil(columns / candidate.columns);
    const memory = (candidate.rows + candidate.columns) * 80;
    const listed = subgroupMatrices.some(
      (matrix) =>
        matrix.type === type && matrix.resultType === 'f32' && matrix.m === m && matrix.n === n && matrix.k === k,
    );
    return (
      candidate.type === type &&
      listed &&
      tiles >= fewest &&
      memory <= maxWorkgroupMemory &&
      threadsOf(candidate) <= maxWorkgroupInvocations
    );
  });
  return found && { ...found, threads: threadsOf(found) };
}
