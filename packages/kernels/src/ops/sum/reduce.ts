import type { Capabilities } from '../../engine/capabilities.ts';
import type { Availability } from '../../engine/op.ts';

/**
 * The `fan` of reduce.include.wgsl: the fewest threads, fan * fan of a workgroup's 64, that have a row in registers, of which
 * each keeps `kept` values. Wider rows get all 64.
 */
export function fanFor(values: number, kept: number): number {
  return [2, 4].find((fan) => fan * fan * kept >= values) ?? 8;
}

/** Where kernels in which threads share a row can run: everywhere, but software pays dearly for barriers. */
export const preferredOnGpus = ({ software }: Capabilities): Availability => (software ? 'untimed' : 'preferred');
