import { METHODS, type Method, type ResultRow } from './types.ts';

/** The results as the paper lays them out: one line per method, a pair of recalls per category. */
export interface Table {
  /** In the order of the rows, `mean` last. */
  categories: string[];
  lines: { method: Method; cells: (Cell | undefined)[] }[];
}

/** Texts with two decimals, and whether no other method is better. */
export interface Cell {
  recalls: [at10: string, at50: string];
  best: [at10: boolean, at50: boolean];
}

/** Methods without a single row are left out; a missing category leaves an undefined cell. */
export function arrange(rows: readonly ResultRow[]): Table {
  const named = new Set(rows.map((row) => row.category));
  const hasMean = named.delete('mean');
  const categories = [...named, ...(hasMean ? ['mean'] : [])];
  const methods = (Object.keys(METHODS) as Method[]).filter((method) => rows.some((row) => row.method === method));

  const texts = (row: ResultRow): [string, string] => [row.recall_at10.toFixed(2), row.recall_at50.toFixed(2)];
  // Compared as shown: what reads the same is equally bold.
  const best = (category: string, column: 0 | 1) =>
    Math.max(...rows.filter((row) => row.category === category).map((row) => Number(texts(row)[column])));

  const cell = (method: Method, category: string): Cell | undefined => {
    const row = rows.find((candidate) => candidate.method === method && candidate.category === category);
    if (!row) return undefined;
    const recalls = texts(row);
    const isBest = (column: 0 | 1) => Number(recalls[column]) === best(category, column);
    return { recalls, best: [isBest(0), isBest(1)] };
  };
  return {
    categories,
    lines: methods.map((method) => ({ method, cells: categories.map((category) => cell(method, category)) })),
  };
}

/** The results table as plain text with aligned columns, for a terminal. Recalls in percent. */
export function formatTable(rows: readonly ResultRow[]): string {
  const { categories, lines } = arrange(rows);
  const labelWidth = Math.max(...Object.values(METHODS).map((label) => label.length));
  const pair = ([left, right]: readonly [string, string]) => left.padStart(6) + right.padStart(7);
  const line = (label: string, pairs: string[]) => [label.padEnd(labelWidth), ...pairs].join('   ').trimEnd();
  return [
    line(
      '',
      categories.map((category) => `${category.padStart(13)}`),
    ),
    line(
      '',
      categories.map(() => pair(['R@10', 'R@50'])),
    ),
    ...lines.map(({ method, cells }) =>
      line(
        METHODS[method],
        cells.map((cell) => pair(cell?.recalls ?? ['–', '–'])),
      ),
    ),
  ].join('\n');
}
