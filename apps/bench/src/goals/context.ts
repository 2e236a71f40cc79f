import type { Device } from '@webcir/kernels';
import { type Contestant, Unable } from '../peers/contestant.ts';
import { ours } from '../peers/ours.ts';
import { type Field, type Race, race } from '../peers/race.ts';
import { openPeer, type PeerName, peerNames, webgpuPeers } from '../peers/roster.ts';
import { workNamed } from '../peers/works.ts';
import type { Measured } from './verdict.ts';

/** What the measurements of all goals share. */
export interface Context {
  readonly device: Device;
  readonly rounds: number;
  /** Node's threads, before the driver's came (`threads`). */
  readonly ownThreads: readonly string[];
  /** Has a piece of work done by all that can; once, however many goals ask for it. */
  race(work: string): Promise<Race>;
}

/** Starts every peer. One that does not start is kept in the field with the reason. */
export async function openField(device: Device): Promise<Field> {
  const field = new Map<PeerName, Contestant | Unable>();
  for (const name of peerNames) {
    try {
      field.set(name, await openPeer(name, device));
    } catch (error) {
      if (!(error instanceof Unable)) throw error;
      field.set(name, error);
    }
  }
  return field;
}

export async function closeField(field: Field): Promise<void> {
  for (const peer of field.values()) if (!(peer instanceof Unable)) await peer.close();
}

/** The context of one run; peers are started when the first of them is asked for, and stopped by `close`. */
export function contextOf(
  device: Device,
  { rounds, ownThreads }: Pick<Context, 'rounds' | 'ownThreads'>,
): Context & { close(): Promise<void> } {
  const races = new Map<string, Promise<Race>>();
  let field: Promise<Field> | undefined;
  const run = async (work: string) => {
    field ??= openField(device);
    return race(ours(device), await field, workNamed(work), rounds);
  };
  return {
    device,
    rounds,
    ownThreads,
    race(work) {
      let found = races.get(work);
      if (!found) races.set(work, (found = run(work)));
      return found;
    },
    async close() {
      if (field) await closeField(await field);
    },
  };
}

/** How many times as long a peer takes as webcir. */
export const against =
  (peer: PeerName, work: string) =>
  async ({ race }: Context): Promise<Measured> => {
    const result = (await race(work)).peers[peer];
    if (!result || 'notRun' in result) return { notRun: `${peer}: ${result?.notRun ?? 'did not take part'}` };
    const { median, low, high } = result.ratio;
    return { value: median, detail: `${low.toFixed(2)} to ${high.toFixed(2)}` };
  };

/** The same of the fastest peer on WebGPU. */
export const againstWebgpu =
  (work: string) =>
  async (context: Context): Promise<Measured> => {
    const { peers } = await context.race(work);
    let best: PeerName | undefined;
    let lowest = Number.POSITIVE_INFINITY;
    for (const peer of webgpuPeers) {
      const result = peers[peer];
      if (!result || 'notRun' in result || result.ratio.median >= lowest) continue;
      [best, lowest] = [peer, result.ratio.median];
    }
    if (best) return { value: lowest, detail: best };
    const reasons = webgpuPeers.map((peer) => {
      const result = peers[peer];
      return `${peer}: ${result && 'notRun' in result ? result.notRun : 'did not take part'}`;
    });
    return { notRun: reasons.join('; ') };
  };
