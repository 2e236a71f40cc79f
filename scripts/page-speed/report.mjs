// Tables of what the page measured.

/** What the page measures, in milliseconds, and in words. */
export const FIGURES = {
  ready: 'ready: from navigation until Retriever.load is done',
  restore: 'restore: a gallery of 256 out of its features',
  firstQuery: 'first query: own image and text',
  firstAnswer: 'first answer: all of these together',
  firstById: 'first query by gallery id',
  warm: 'warm query: own image and text, median of 30',
  warmById: 'warm query by gallery id, median of 30',
  firstIndex: 'an image of the first 256 to be indexed',
  index: 'an image of the next 256',
};

/** Medians over rounds, with the smallest and the largest, for each checkout. */
export function figureTable(checkouts, results) {
  const lines = [results[0][0].adapter];
  for (const [key, what] of Object.entries(FIGURES)) {
    const cells = results.map((rounds) => {
      const values = rounds.map(({ milliseconds }) => milliseconds[key]).sort((a, b) => a - b);
      return `${time(values[Math.floor(values.length / 2)])} [${time(values[0])}, ${time(values.at(-1))}]`.padEnd(24);
    });
    lines.push(`${what.padEnd(54)}${cells.join('')}`.trimEnd());
  }
  if (checkouts.length > 1) lines.splice(1, 0, `${''.padEnd(54)}${'this checkout'.padEnd(24)}${checkouts[1]}`);
  return lines.join('\n');
}

/** Calls in the order in which they began, until the first answer; a run of those without a label is one line. */
export function traceTable({ trace, milliseconds: { firstAnswer } }) {
  const groups = [];
  for (const { name, label, start, end } of trace.filter(({ start }) => start < firstAnswer)) {
    let group = groups.at(-1);
    if (label || !group || group.label) groups.push((group = { label, start, end, counts: new Map() }));
    group.end = Math.max(group.end, end);
    group.counts.set(name, (group.counts.get(name) ?? 0) + 1);
  }
  return groups
    .map(({ label, start, end, counts }) => {
      const calls = [...counts].map(([name, count]) => (count > 1 ? `${name} x ${count}` : name)).join(', ');
      return `${time(start).padStart(9)} ${`+${time(end - start)}`.padStart(9)}  ${calls} ${label}`.trimEnd();
    })
    .join('\n');
}

const time = (milliseconds) => (milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0));
