import type { Device } from '@webcir/kernels';
import type { Built } from '../build/built.ts';

/** A whole thing that `pnpm bench` times. */
export interface BenchProgram {
  readonly name: string;
  /** What it does and its sizes, in a few words. */
  readonly about: string;
  /** Where a run takes so long that fewer rounds have to do. */
  readonly mostRounds?: number;
  build(device: Device): Promise<Built>;
}
