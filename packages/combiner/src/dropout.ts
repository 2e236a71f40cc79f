import { dropout, type Tensor } from '@webcir/kernels';
import type { CombinerDropout } from './combiner.ts';

/**
 * Dropout for `combine`. It stands apart so that whoever only searches loads none.
 * @param seed u32 [2], different at every step
 * @param probability of a zero, 0.5 in CLIP4Cir
 */
export const combinerDropout =
  (seed: Tensor, probability: number): CombinerDropout =>
  (x, stream) =>
    dropout(x, seed, { probability, stream });
