/** A table whose first column is text and whose others are numbers, as the formatter would lay it out. */
export function table(head, rows) {
  const cells = [head, ...rows].map((row) => row.map(String));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row) => `| ${row.join(' | ')} |`;
  const [first, ...others] = cells.map((row) =>
    line(row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))),
  );
  const align = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [first, line(align), ...others].join('\n');
}

/** A number to three digits, or to the unit. */
export const number = (value) =>
  value.toLocaleString('en', value < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });

/** A time in the unit that suits it. */
export function time(seconds) {
  const units = [
    ['s', 1, 60],
    ['min', 60, 3600],
    ['h', 3600, 2 * 86_400],
    ['days', 86_400, Number.POSITIVE_INFINITY],
  ];
  const [unit, size] = units.find(([, , below]) => seconds < below);
  const value = seconds / size;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
}
