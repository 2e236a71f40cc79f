import type { DispatchTime } from '@webcir/kernels';
import { median } from '../measure/stats.ts';
import { type Column, formatTable } from '../report/table.ts';

/** Dispatches of one op by one kernel. */
export interface Group {
  readonly op: string;
  readonly kernel: string;
  readonly dispatches: number;
  readonly milliseconds: number;
  /** Share of the whole time, 0 to 1. */
  readonly share: number;
}

/** The median of each dispatch over several profiles of one program. */
export function medianDispatches(profiles: readonly (readonly DispatchTime[])[]): DispatchTime[] {
  return profiles[0].map((dispatch, i) => ({
    ...dispatch,
    milliseconds: median(profiles.map((times) => times[i].milliseconds)),
  }));
}

/** Groups dispatches by op and kernel, the largest share of the time first. */
export function groupDispatches(dispatches: readonly DispatchTime[]): Group[] {
  const total = dispatches.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const byKernel = new Map<string, DispatchTime[]>();
  for (const dispatch of dispatches) {
    const key = `${dispatch.op} ${dispatch.kernel}`;
    const same = byKernel.get(key);
    if (same) same.push(dispatch);
    else byKernel.set(key, [dispatch]);
  }
  return [...byKernel.values()]
    .map((same) => {
      const milliseconds = same.reduce((sum, each) => sum + each.milliseconds, 0);
      const [{ op, kernel }] = same;
      return { op, kernel, dispatches: same.length, milliseconds, share: milliseconds / total };
    })
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

const columns: readonly Column<Group>[] = [
  { title: 'op', width: 28, of: ({ op }) => op },
  { title: 'kernel', width: 38, of: ({ kernel }) => kernel },
  { title: 'dispatches', width: 10, right: true, of: ({ dispatches }) => `${dispatches}` },
  { title: 'ms', width: 10, right: true, of: ({ milliseconds }) => milliseconds.toFixed(3) },
  { title: 'ms each', width: 9, right: true, of: (group) => (group.milliseconds / group.dispatches).toFixed(3) },
  { title: 'share', width: 7, right: true, of: ({ share }) => `${(100 * share).toFixed(1)} %` },
];

export const groupTable = (groups: readonly Group[]) => formatTable(columns, groups);
