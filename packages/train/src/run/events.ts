import type { StepReport } from '../loop.ts';

/** The two stages of CLIP4Cir. */
export type StageName = 'stage 1' | 'stage 2';

/** What a run reports as it goes on, in this order for each stage. */
export type RunEvent<Scores> =
  | {
      readonly type: 'start';
      readonly stage: StageName;
      readonly epochs: number;
      readonly batch: number;
      /** Images or texts that go through an encoder at once, where that is less than the batch (GradCache). */
      readonly microBatch?: number;
    }
  /** Stage 2 encodes its captions once, before the first step. */
  | { readonly type: 'captions'; readonly done: number; readonly total: number }
  | ({ readonly type: 'step'; readonly stage: StageName } & StepReport)
  /** Sent after an epoch (from 1), with the scores where it was validated. */
  | { readonly type: 'epoch'; readonly stage: StageName; readonly epoch: number; readonly scores?: Scores }
  | {
      readonly type: 'end';
      readonly stage: StageName;
      /** The scores of the best epoch by the first criterion. */
      readonly best?: Scores;
    };
