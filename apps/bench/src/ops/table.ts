import { type Ceilings, shareOfCeiling } from '../measure/share.ts';
import { type Column, formatTable } from '../report/table.ts';
import type { CaseTiming } from './time-case.ts';

/** A timing with what it is measured against. */
export interface OpRow extends CaseTiming {
  /** Shares from 0 to 1. */
  readonly ofCeiling: number;
  readonly ceiling: 'arithmetic' | 'memory';
  readonly ofBest: number;
}

/** The time that a row is judged by: the device's, where it has timestamps. */
export const timeOf = ({ device, wall }: CaseTiming) => device ?? wall;

/** Compares the timings of one case with each other and with the ceilings. */
export function judge(timings: readonly CaseTiming[], ceilings: Ceilings): OpRow[] {
  return timings.map((timing) => {
    const { median } = timeOf(timing);
    const rivals = timings.filter(({ pass }) => pass === timing.pass).map((rival) => timeOf(rival).median);
    const { share, by } = shareOfCeiling(timing, median, ceilings);
    return { ...timing, ofCeiling: share, ceiling: by, ofBest: Math.min(...rivals) / median };
  });
}

const percent = (share: number) => `${Math.round(100 * share)} %`;
const rate = (amount: number | undefined, milliseconds: number) =>
  amount ? (amount / milliseconds / 1e6).toFixed(1) : '';

const columns: readonly Column<OpRow>[] = [
  { title: 'op', width: 21, of: ({ op }) => op },
  { title: 'case', width: 36, of: (row) => row.case },
  { title: 'pass', width: 8, of: ({ pass }) => pass },
  { title: 'variant', width: 9, of: ({ variant }) => variant },
  { title: 'device ms', width: 9, right: true, of: ({ device }) => device?.median.toFixed(3) ?? '–' },
  {
    title: '95 % interval',
    width: 15,
    right: true,
    of: (row) => `${timeOf(row).low.toFixed(3)}…${timeOf(row).high.toFixed(3)}`,
  },
  { title: 'wall ms', width: 8, right: true, of: ({ wall }) => wall.median.toFixed(3) },
  { title: 'GFLOP/s', width: 7, right: true, of: (row) => rate(row.flops, timeOf(row).median) },
  { title: 'GB/s', width: 5, right: true, of: (row) => rate(row.bytes, timeOf(row).median) },
  { title: 'of ceiling', width: 16, right: true, of: (row) => `${percent(row.ofCeiling)} ${row.ceiling}` },
  { title: 'of best', width: 7, right: true, of: ({ ofBest }) => percent(ofBest) },
];

export const opTable = (rows: readonly OpRow[], withHeader = true) => formatTable(columns, rows, withHeader);
