import type { Picked } from 'webcir/train';
import { trainOnPicks } from 'webcir/train';
import { type Session, tokenizer, withCombiner } from './session.ts';

/** How a tuning goes. */
export interface TuningOptions {
  /** Called after each step with how many of all are done. */
  onStep(done: number, total: number): void;
}

const EPOCHS = 20;

/**
 * Trains the Combiner for some steps on what the visitor picked, with the call that `webcir train` makes.
 * @returns a session that searches with it, on the same device; the one before stays as it is, to go back to
 */
export async function tune(session: Session, picks: readonly Picked[], { onStep }: TuningOptions): Promise<Session> {
  const { retriever, gallery, clip, combiner } = session;
  let done = 0;
  const trained = await trainOnPicks({
    device: retriever.device,
    model: clip,
    tokenizer: await tokenizer(),
    gallery,
    picks,
    combiner,
    options: { combinerEpochs: EPOCHS },
    onEvent: (event) => event.type === 'step' && onStep(++done, EPOCHS),
  });
  trained.clip.dispose();
  return withCombiner(session, trained.combiner!);
}
