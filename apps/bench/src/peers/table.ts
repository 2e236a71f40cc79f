import { type Column, formatTable } from '../report/table.ts';
import type { Race } from './race.ts';
import type { PeerName } from './roster.ts';

/** Times of all in milliseconds, and in brackets how many times as long as webcir a peer takes. */
export function raceTable(races: readonly Race[], peers: readonly PeerName[], withHeader = true): string {
  const columns: Column<Race>[] = [
    { title: 'work (ms, and times as long as webcir)', width: 50, of: ({ name }) => name },
    { title: 'webcir', width: 9, right: true, of: ({ ours }) => ours.median.toFixed(2) },
    ...peers.map(
      (peer): Column<Race> => ({ title: peer, width: 18, right: true, of: (race) => cell(race.peers[peer]) }),
    ),
  ];
  return formatTable(columns, races, withHeader);
}

const cell = (result: Race['peers'][PeerName]) =>
  result && 'time' in result ? `${result.time.median.toFixed(2)} (${result.ratio.median.toFixed(2)}x)` : 'not run';

/** One line for each thing that a peer did not run, with the reason. */
export function reasons(races: readonly Race[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, peers } of races) {
    for (const [peer, result] of Object.entries(peers)) {
      if (!('notRun' in result)) continue;
      const key = `${peer}: not run: ${result.notRun}`;
      byReason.set(key, [...(byReason.get(key) ?? []), name]);
    }
  }
  return [...byReason].map(([reason, names]) =>
    names.length === races.length ? reason : `${reason} (${names.join('; ')})`,
  );
}
