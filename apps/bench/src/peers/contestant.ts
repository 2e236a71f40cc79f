import type { Contender } from '../measure/rounds.ts';
import type { Picked, Work } from './work.ts';

/** A participant in races: webcir, or a peer in a process of its own. */
export interface Contestant {
  readonly name: string;
  /**
   * Makes everything ready and does the work once.
   * @throws Unable where this contestant does not do such work
   */
  prepare(work: Work): Promise<Prepared>;
  close(): Promise<void>;
}

export interface Prepared extends Contender {
  readonly result: Picked;
  release(): Promise<void>;
}

/** Why something was not run. Its message is shown as it stands. */
export class Unable extends Error {
  override name = 'Unable';
}
