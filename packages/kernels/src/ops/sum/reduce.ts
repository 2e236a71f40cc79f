import type { Capabilities } from '../../engine/capabilities.ts';
import { type Grid, linearGrid } from '../../engine/kernel.ts';
import type { Availability } from '../../engine/op.ts';

/**
 * How threads share rows in a kernel with reduce.include.wgsl: its `fan`, the fewest threads, fan * fan of a workgroup's 64, that
 * have a row in registers, and its grid. Wider rows get all 64.
 * @param kept values of a row that each thread keeps
 */
export function sharedRows(rows: number, values: number, kept: number): { fan: number; grid: Grid } {
  const fan = [2, 4].find((side) => side * side * kept >= values) ?? 8;
  return { fan, grid: linearGrid(rows * fan * fan, 64) };
}

/** Where kernels in which threads share a row can run: everywhere, but software pays dearly for barriers. */
export const preferredOnGpus = ({ software }: Capabilities): Availability => (software ? 'untimed' : 'preferred');
