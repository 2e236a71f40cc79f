/** Rows that lie between two that are wanted are read along with them, up to so many. */
const maxGap = 16;

/** Rows that are read at once, because they are near one another. */
export interface Run {
  readonly first: number;
  readonly last: number;
  /** Which of the wanted rows they are: from the one until before the other. */
  readonly from: number;
  readonly to: number;
}

/** Divides rows into what is read at once. @param rows in rising order */
export function runsOf(rows: ArrayLike<number>): Run[] {
  const runs: Run[] = [];
  for (let from = 0, to = 0; from < rows.length; from = to) {
    for (to = from + 1; to < rows.length && rows[to] - rows[to - 1] <= maxGap; ) to++;
    runs.push({ first: rows[from], last: rows[to - 1], from, to });
  }
  return runs;
}
