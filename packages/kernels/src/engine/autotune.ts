import { ancestors, byteLength, type Graph, type Node, type OpSource } from '../graph.ts';
import type { Capabilities, Choices } from './capabilities.ts';
import type { Device } from './device.ts';
import { OutOfMemoryError } from './errors.ts';
import { availableVariants } from './op.ts';
import { stopwatchOf } from './stopwatch.ts';
import { shapeClass } from './variants.ts';

/** A shape class of a graph, with its largest node, for which the choice matters most. */
export interface Contest {
  readonly shapeClass: string;
  readonly source: OpSource;
  /** Indices of the outputs that something reads. */
  readonly used: readonly number[];
  /** Variants that can run and are worth timing, the fixed choice first. */
  readonly variants: readonly string[];
  /** Bytes that all nodes of the class read and write. */
  readonly traffic: number;
}

/** Runs the variants of one node, on memory of its own. */
export interface Trial {
  /** Runs one variant, or a part of it, and resolves with the milliseconds that the whole takes. */
  run(variant: string): Promise<number>;
  dispose(): void;
}

/** Times variants. Tests have one of their own. */
export interface Stopwatch {
  /** Milliseconds, not counting the compilation of fixed choices: a program needs that anyway. */
  now(): number;
  ready(contest: Contest): Promise<Trial>;
}

export interface TimingOptions {
  /** Choices that are known already, and not timed again. */
  readonly choices?: Choices;
  /**
   * Milliseconds that timing and compiling may take in all; 1250 unless given: with the fixed choices from a warm
   * cache, that stays below 2 s. Shape classes that were not timed within the budget keep the fixed choice.
   */
  readonly budget?: number;
}

/** Counts of shape classes, by how they were settled. */
export interface AutotuneCounts {
  /** Timed. */
  timed: number;
  /** Timed, and another variant than the fixed choice won. */
  changed: number;
  /** Not timed within the budget: they keep the fixed choice. */
  untimed: number;
}

export interface AutotuneResult extends AutotuneCounts {
  /** The known choices, and one for each further shape class of the graphs. */
  readonly choices: Choices;
}

/** Choices that a device starts from, and a callback for new ones. */
export interface AutotuneOptions extends TimingOptions {
  /**
   * Called with the choices that a graph has added, before its program is made: whoever keeps them with a run can
   * resume it to the same bits.
   */
  readonly onChoices?: (added: Choices) => void | Promise<void>;
}

/**
 * Makes `compile` on this device choose kernels by timing them: each shape class once, when it first occurs in a graph.
 * Graphs that are compiled at the same time wait for each other.
 * @returns counts that are kept up to date
 */
export function enableAutotune(
  device: Device,
  { choices: known = {}, budget = defaultBudget, onChoices }: AutotuneOptions = {},
): Readonly<AutotuneCounts & { milliseconds: number }> {
  const counts = { timed: 0, changed: 0, untimed: 0, milliseconds: 0 };
  const stopwatch = stopwatchOf(device);
  let choices = known;
  let spent = 0;
  const settle = async (graph: Graph<string>): Promise<void> => {
    if (contestsOf([graph], device.capabilities).every((contest) => contest.shapeClass in choices)) return;
    await device.idle(); // unfinished work would be timed too
    const started = performance.now();
    const before = stopwatch.now();
    const left = Math.max(0, budget - spent);
    const result = await timeVariants(stopwatch, device.capabilities, [graph], { choices, budget: left });
    spent += stopwatch.now() - before;
    counts.milliseconds += performance.now() - started;
    for (const key of ['timed', 'changed', 'untimed'] as const) counts[key] += result[key];
    const added = Object.fromEntries(Object.entries(result.choices).filter(([key]) => !(key in choices)));
    choices = result.choices;
    device.choose(choices);
    await onChoices?.(added);
  };
  let last: Promise<void> = Promise.resolve();
  device.choose(choices);
  device.beforeCompile = (graph) => {
    const turn = last.then(() => settle(graph));
    last = turn.catch(() => {}); // the caller of `compile` gets the error
    return turn;
  };
  return counts;
}

const defaultBudget = 1250;

/** A variant replaces the fixed choice if it takes at most this share of its time: a smaller gain is noise. */
const maxTimeShare = 0.9;
/** A variant that takes this many times as long as the best one is not run again: at worst, the fixed choice stays. */
const maxTimeRatio = 1.5;

/**
 * Times the variants of every op of these graphs, once for each class of shapes. Trials have memory of their own, no
 * more than the node at hand takes; if the device has no room for that, the fixed choice stays.
 * @returns what `device.choose` takes; the device itself is not changed
 * @throws GpuError when a kernel does not compile
 */
export async function timeVariants(
  stopwatch: Stopwatch,
  capabilities: Capabilities,
  graphs: readonly Graph<string>[],
  { choices: known = {}, budget = defaultBudget }: TimingOptions = {},
): Promise<AutotuneResult> {
  const choices: Record<string, string> = { ...known };
  const open = contestsOf(graphs, capabilities).filter((contest) => !(contest.shapeClass in known));
  const deadline = stopwatch.now() + budget;
  let timed = 0;
  let changed = 0;
  for (const contest of open) {
    const [fixed] = contest.variants;
    // Shape classes that were not timed within the budget are settled too: the next run with this record gives the same
    // bits.
    choices[contest.shapeClass] = fixed;
    if (stopwatch.now() >= deadline) continue;
    const trial = await stopwatch.ready(contest).catch((error) => {
      if (error instanceof OutOfMemoryError) return undefined;
      throw error;
    });
    if (!trial) continue;
    try {
      const winner = await fastest(trial, contest.variants, stopwatch, deadline);
      choices[contest.shapeClass] = winner;
      timed++;
      if (winner !== fixed) changed++;
    } finally {
      trial.dispose();
    }
  }
  return { choices, timed, changed, untimed: open.length - timed };
}

/**
 * Runs the variants in turns, so that other load on the machine hits all of them, and takes the minimum time of each:
 * at least three rounds, more if they are short, and fewer if the budget runs out.
 */
async function fastest(
  trial: Trial,
  variants: readonly string[],
  stopwatch: Stopwatch,
  deadline: number,
): Promise<string> {
  const [fixed] = variants;
  const started = stopwatch.now();
  const minTimes = new Map<string, number>();
  let left = variants;
  let maxTrialTime = 0;
  for (let round = 0; round < 9 && left.length > 1; round++) {
    if (round >= 3 && stopwatch.now() - started > 20) break;
    for (const variant of left) {
      const before = stopwatch.now();
      if (before + maxTrialTime > deadline) return winnerOf(minTimes, fixed);
      minTimes.set(variant, Math.min(minTimes.get(variant) ?? Number.POSITIVE_INFINITY, await trial.run(variant)));
      maxTrialTime = Math.max(maxTrialTime, stopwatch.now() - before);
    }
    const best = Math.min(...minTimes.values());
    left = left.filter((variant) => variant === fixed || minTimes.get(variant)! <= maxTimeRatio * best);
  }
  return winnerOf(minTimes, fixed);
}

function winnerOf(minTimes: ReadonlyMap<string, number>, fixed: string): string {
  const limit = maxTimeShare * (minTimes.get(fixed) ?? 0);
  const [winner] = [...minTimes].filter(([, time]) => time <= limit).sort(([, a], [, b]) => a - b);
  return winner?.[0] ?? fixed;
}

/**
 * The shape classes of graphs for which there is more than one variant to choose from, the most memory traffic first.
 */
function contestsOf(graphs: readonly Graph<string>[], capabilities: Capabilities): Contest[] {
  const found = new Map<string, Contest>();
  for (const { outputs, updates = [] } of graphs) {
    const kept = [...Object.values(outputs), ...updates];
    const nodes = ancestors(kept);
    const read = new Set([...kept, ...nodes.flatMap(({ source }) => (source.kind === 'op' ? source.inputs : []))]);
    for (const { source, outputs: results } of nodes) {
      if (source.kind !== 'op') continue;
      const variants = timedVariants(source, capabilities);
      if (variants.length < 2) continue;
      const key = shapeClass(source);
      const own = bytesOf(source, results);
      const known = found.get(key);
      const used = [...results.keys()].filter((index) => read.has(results[index]));
      const larger = known && bytesOf(known.source, []) >= bytesOf(source, []) ? known : { source, used };
      found.set(key, { ...larger, shapeClass: key, variants, traffic: own + (known?.traffic ?? 0) });
    }
  }
  return [...found.values()].sort((a, b) => b.traffic - a.traffic);
}

/** The variants of an op that are worth timing, the fixed choice first. */
function timedVariants({ definition }: OpSource, capabilities: Capabilities): string[] {
  const [fixed, ...others] = availableVariants(definition, capabilities);
  return [fixed, ...others.filter((name) => definition.variants![name](capabilities) !== 'untimed')];
}

const bytesOf = ({ inputs }: OpSource, results: Node['outputs']): number =>
  [...inputs, ...results].reduce((sum, tensor) => sum + byteLength(tensor), 0);
