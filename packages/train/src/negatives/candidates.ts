import { l2Normalize, type Tensor } from '@webcir/kernels';
import type { Drawn } from '../examples.ts';
import { labelsInBatch } from '../loss.ts';
import type { End } from './right-answers.ts';

/** The images that every query of a batch is compared with. */
export interface Candidates {
  readonly count: number;
  /** Whether they are images of the batch, whose features a step is given; others are on the device already. */
  readonly areOfBatch: boolean;
  /**
   * Their features, [count, embed], L2-normalized.
   * @param ends what the queries lead to, [batch, embed], as CLIP gives it
   */
  rows(ends: Tensor): Tensor;
  /** The row of each query's own end, u32 [batch]. */
  labels(batch: number, end: End): Tensor;
  /** Values of what `labels` reads. */
  inputs(drawn: readonly Drawn[], end: End): Readonly<Record<string, Uint32Array>>;
  /** For a batch, the rows that hold an image. */
  rowsOf(drawn: readonly Drawn[], end: End): (image: string) => readonly number[];
  /** Bytes of device memory. */
  readonly size: number;
  dispose(): void;
}

/** CLIP4Cir's: what the queries of the batch lead to. */
export const candidatesOfBatch = (batch: number): Candidates => ({
  count: batch,
  areOfBatch: true,
  rows: l2Normalize,
  labels: labelsInBatch,
  inputs: () => ({}),
  rowsOf(drawn, end) {
    const rows = new Map<string, number[]>();
    for (const [row, { example }] of drawn.entries()) rows.set(example[end], [...(rows.get(example[end]) ?? []), row]);
    return (image) => rows.get(image) ?? [];
  },
  size: 0,
  dispose() {},
});
