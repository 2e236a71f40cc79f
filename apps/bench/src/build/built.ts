import type { Program } from '@webcir/kernels';

/** A workload that is ready to be timed: an encoder, a training step, a search. */
export interface Built {
  /** Does the work `times` times, then waits until it is done by reading one number back. */
  run(times: number): Promise<void>;
  /** Operations of one run: matrix products, convolutions, attention. */
  readonly flops?: number;
  /** The program that one run replays, where it is a single one: for `--profile`. */
  readonly program?: Program;
  dispose(): void | Promise<void>;
}
