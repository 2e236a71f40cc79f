/** Bytes of a file: from the first one to the one after the last. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const inOrder = (ranges: Iterable<Range>): Range[] => [...ranges].sort((a, b) => a.from - b.from);

/** What is in `ranges` and not in `there`. */
export function without(ranges: Iterable<Range>, there: Iterable<Range>): Range[] {
  const known = inOrder(there);
  return [...ranges].flatMap(({ from, to }) => {
    const missing: Range[] = [];
    let next = from;
    for (const range of known) {
      if (range.to <= next || range.from >= to) continue;
      if (range.from > next) missing.push({ from: next, to: range.from });
      next = range.to;
    }
    if (next < to) missing.push({ from: next, to });
    return missing;
  });
}

/** The fewest ranges that hold all of `ranges`, of which those less than `gap` bytes apart become one. */
export function joined(ranges: Iterable<Range>, gap: number): Range[] {
  const result: Range[] = [];
  for (const { from, to } of inOrder(ranges)) {
    const last = result.at(-1);
    if (last && from <= last.to + gap) result[result.length - 1] = { from: last.from, to: Math.max(last.to, to) };
    else result.push({ from, to });
  }
  return result;
}
