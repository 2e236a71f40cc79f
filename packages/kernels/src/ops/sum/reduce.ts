import type { Capabilities } from '../../engine/capabilities.ts';
import { type Grid, linearGrid } from '../../engine/kernel.ts';
import type { Availability } from '../../engine/op.ts';

/**
 * How threads share rows in a kernel with reduce.include.wgsl: its `fan`, and its grid. fan * fan is the smallest
 * number of threads that hold a row in registers; rows too wide for that get all 64 of a workgroup.
 * @param kept values of a row that each thread keeps
 */
export function sharedRows(rows: number, values: number, kept: number): { fan: number; grid: Grid } {
  const fan = [2, 4].find((side) => side * side * kept >= values) ?? 8;
  return { fan, grid: linearGrid(rows * fan * fan, 64) };
}

/** Where kernels in which threads share a row can run: everywhere, but barriers are slow in software. */
export const preferredOnGpus = ({ software }: Capabilities): Availability => (software ? 'untimed' : 'preferred');
