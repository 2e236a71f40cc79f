import type { Device } from '@webcir/kernels';
import type { Built } from '../build/built.ts';

/** A workload that `pnpm bench` times. */
export interface BenchProgram {
  readonly name: string;
  /** What it does and its sizes, in a few words. */
  readonly about: string;
  /** A limit, where one run takes so long that a few rounds have to do. */
  readonly maxRounds?: number;
  build(device: Device): Promise<Built>;
}
