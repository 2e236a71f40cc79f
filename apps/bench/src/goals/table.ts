import { type Column, formatTable } from '../report/table.ts';
import type { Judged } from './verdict.ts';

const columns: readonly Column<Judged>[] = [
  { title: 'work', width: 49, of: ({ work }) => work },
  { title: 'goal', width: 56, of: ({ goal }) => goal },
  { title: 'measured', width: 10, right: true, of: ({ measured }) => measured },
  // Reasons are not cut.
  { title: '', width: 0, right: true, of: ({ verdict, note }) => (note ? `${verdict}: ${note}` : verdict) },
];

export const goalTable = (judged: readonly Judged[], withHeader = true) => formatTable(columns, judged, withHeader);
