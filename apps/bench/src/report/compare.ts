import { median, type Timing } from '../measure/stats.ts';
import { timeOf } from '../ops/table.ts';
import type { Results } from './results.ts';

/** How one timing changed between two runs. */
export interface Change {
  readonly name: string;
  readonly before: Timing;
  readonly after: Timing;
  /** Time after over time before, divided by the drift of the whole machine: below 1 is faster. */
  readonly ratio: number;
  readonly moved: boolean;
}

export interface Comparison {
  /**
   * The median of all ratios: how much slower (above 1) the machine was as a whole. 1 where few things are compared.
   */
  readonly drift: number;
  readonly changes: readonly Change[];
  /** Names that only one of the runs has. */
  readonly unmatched: readonly string[];
}

/** Fewer rows than this say nothing about the machine as a whole. */
const MIN_ROWS = 8;
/** Less than this is never called a change. */
const MIN_CHANGE = 0.05;

/**
 * Compares what two runs both timed. Something moved when its intervals do not overlap, after the later one is divided
 * by the drift of the machine, and when it moved by more than 5 %.
 */
export function compareResults(before: Results, after: Results): Comparison {
  const [old, recent] = [timings(before), timings(after)];
  const shared = [...recent.keys()].filter((name) => old.has(name));
  const ratios = shared.map((name) => recent.get(name)!.median / old.get(name)!.median);
  const drift = shared.length >= MIN_ROWS ? median(ratios) : 1;
  const changes = shared.map((name, i): Change => {
    const [a, b] = [old.get(name)!, recent.get(name)!];
    const apart = b.low / drift > a.high || b.high / drift < a.low;
    const ratio = ratios[i] / drift;
    return { name, before: a, after: b, ratio, moved: apart && Math.abs(ratio - 1) > MIN_CHANGE };
  });
  const unmatched = [...new Set([...old.keys(), ...recent.keys()])].filter((name) => !shared.includes(name));
  return { drift, changes, unmatched };
}

function timings({ ops, programs }: Results): Map<string, Timing> {
  return new Map([
    ...ops.map((row) => [`${row.op} ${row.case} ${row.pass} ${row.variant}`, timeOf(row)] as const),
    ...programs.map(({ name, wall }) => [name, wall] as const),
  ]);
}

/** The comparison in words: what moved, the largest first. */
export function describeComparison({ drift, changes, unmatched }: Comparison): string {
  const moved = changes.filter((change) => change.moved).sort((a, b) => b.ratio - a.ratio);
  const drifted =
    drift === 1 ? [] : [`All in all the machine took ${drift.toFixed(2)} times as long; changes are beyond that.`];
  const lines = moved.map(({ name, before, after, ratio }) => {
    const times = ratio > 1 ? `${ratio.toFixed(2)}x slower` : `${(1 / ratio).toFixed(2)}x faster`;
    return `  ${times.padStart(13)}  ${before.median.toFixed(3)} → ${after.median.toFixed(3)} ms  ${name}`;
  });
  return [
    `${moved.length} of ${changes.length} timings moved beyond noise.`,
    ...drifted,
    ...lines,
    ...(unmatched.length > 0 ? [`Not in both runs: ${unmatched.length} timings.`] : []),
  ].join('\n');
}
