import { inTurns } from '../measure/rounds.ts';
import { ratioOf, type Timing, timingOf } from '../measure/stats.ts';
import { disagreement } from './check.ts';
import { type Contestant, type Prepared, Unable } from './contestant.ts';
import type { PeerName } from './roster.ts';
import type { NamedWork } from './works.ts';

/** How one peer did beside webcir. */
export type PeerResult =
  | {
      readonly time: Timing;
      /** Its time over ours, round by round: above 1, ours is faster. */
      readonly ratio: Timing;
    }
  | { readonly notRun: string };

/** One piece of work, done in turns by webcir and its peers. */
export interface Race {
  readonly name: string;
  readonly ours: Timing;
  readonly peers: Readonly<Partial<Record<PeerName, PeerResult>>>;
}

/** The peers that take part, and why the others do not. */
export type Field = ReadonlyMap<PeerName, Contestant | Unable>;

/**
 * Has work done by webcir and by its peers, one after the other in every round. A peer is timed only when its result
 * agrees with ours; one that cannot do it, does it wrong or breaks is named with the reason.
 */
export async function race(us: Contestant, field: Field, { name, work }: NamedWork, rounds: number): Promise<Race> {
  const peers: Partial<Record<PeerName, PeerResult>> = {};
  const mine = await us.prepare(work);
  const ready: { peer?: PeerName; prepared: Prepared }[] = [{ prepared: mine }];
  try {
    for (const [peer, contestant] of field) {
      try {
        if (contestant instanceof Unable) throw contestant;
        const prepared = await contestant.prepare(work);
        const wrong = disagreement(work, mine.result, prepared.result);
        if (wrong) {
          await prepared.release();
          throw new Unable(`its result is not ours: ${wrong}`);
        }
        ready.push({ peer, prepared });
      } catch (error) {
        if (!(error instanceof Unable)) throw error;
        peers[peer] = { notRun: error.message };
      }
    }
    const [own, ...others] = await inTurns(
      ready.map(({ prepared }) => prepared),
      rounds,
    );
    for (const [i, samples] of others.entries()) {
      peers[ready[i + 1].peer!] = { time: timingOf(samples), ratio: ratioOf(samples, own) };
    }
    return { name, ours: timingOf(own), peers };
  } finally {
    for (const { prepared } of ready) await prepared.release();
  }
}
