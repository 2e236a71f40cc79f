import { type Device, profile } from '@webcir/kernels';
import { inTurns, stopwatch } from '../measure/rounds.ts';
import { type Ceilings, shareOfCeiling } from '../measure/share.ts';
import { type Timing, timingOf } from '../measure/stats.ts';
import { type Column, formatTable } from '../report/table.ts';
import type { BenchProgram } from './program.ts';

export interface ProgramRow {
  readonly name: string;
  readonly about: string;
  readonly wall: Timing;
  /** The sum over all dispatches, between timestamps on the device. */
  readonly device?: Timing;
  readonly dispatches?: number;
  /** Bytes that the program owns, weights not counted. */
  readonly memory?: number;
  readonly flops?: number;
  /** Share of the peak of arithmetic, 0 to 1. */
  readonly ofCeiling?: number;
}

/** Times a workload. */
export async function timeProgram(
  device: Device,
  { name, about, build, maxRounds = Number.POSITIVE_INFINITY }: BenchProgram,
  rounds: number,
  ceilings: Ceilings,
): Promise<ProgramRow> {
  const built = await build(device);
  const { program, flops } = built;
  try {
    const count = Math.min(rounds, maxRounds);
    const [walls] = await inTurns([{ time: (times) => stopwatch(() => built.run(times)) }], count);
    const wall = timingOf(walls);
    const devices: number[] = [];
    if (program && device.capabilities.features.has('timestamp-query')) {
      for (let round = 0; round < count; round++) {
        devices.push((await profile(program)).reduce((sum, { milliseconds }) => sum + milliseconds, 0));
      }
    }
    return {
      name,
      about,
      wall,
      device: devices.length > 0 ? timingOf(devices) : undefined,
      dispatches: program?.dispatches.length,
      memory: program?.memory,
      flops,
      ofCeiling: flops ? shareOfCeiling({ flops }, wall.median, ceilings).share : undefined,
    };
  } finally {
    await built.dispose();
  }
}

const columns: readonly Column<ProgramRow>[] = [
  { title: 'program', width: 16, of: ({ name }) => name },
  { title: 'wall ms', width: 10, right: true, of: ({ wall }) => wall.median.toFixed(2) },
  {
    title: '95 % interval',
    width: 19,
    right: true,
    of: ({ wall }) => `${wall.low.toFixed(2)}…${wall.high.toFixed(2)}`,
  },
  { title: 'device ms', width: 10, right: true, of: ({ device }) => device?.median.toFixed(2) ?? '–' },
  { title: 'dispatches', width: 10, right: true, of: ({ dispatches }) => `${dispatches ?? '–'}` },
  {
    title: 'MB',
    width: 8,
    right: true,
    of: ({ memory }) => (memory === undefined ? '–' : (memory / 1e6).toFixed(1)),
  },
  {
    title: 'GFLOP/s',
    width: 9,
    right: true,
    of: ({ flops, wall }) => (flops ? (flops / wall.median / 1e6).toFixed(1) : ''),
  },
  {
    title: 'of ceiling',
    width: 10,
    right: true,
    of: ({ ofCeiling }) => (ofCeiling === undefined ? '' : `${Math.round(100 * ofCeiling)} %`),
  },
];

export const programTable = (rows: readonly ProgramRow[], withHeader = true) => formatTable(columns, rows, withHeader);
