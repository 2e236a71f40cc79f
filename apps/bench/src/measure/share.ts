/** What this machine reaches at most, as measured by kernels that do nothing else. */
export interface Ceilings {
  /** Multiply-adds in float32 on registers, GFLOP/s (a multiply-add is two). */
  readonly gflops: number;
  /** Copying one buffer to another, GB/s (a byte copied is two: one read, one written). */
  readonly gbps: number;
}

/** The share of the ceiling that binds (arithmetic or memory, whichever allows less) that this work reaches, 0 to 1. */
export function shareOfCeiling(
  { flops, bytes }: { readonly flops?: number; readonly bytes?: number },
  milliseconds: number,
  { gflops, gbps }: Ceilings,
): { readonly share: number; readonly by: 'arithmetic' | 'memory' } {
  const arithmetic = (flops ?? 0) / gflops / 1e6;
  const memory = (bytes ?? 0) / gbps / 1e6;
  return { share: Math.max(arithmetic, memory) / milliseconds, by: arithmetic > memory ? 'arithmetic' : 'memory' };
}
