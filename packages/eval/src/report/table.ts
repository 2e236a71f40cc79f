import type { CategoryScores, Metric } from '../protocols/protocol.ts';
import { METHODS, type Method, type ResultRow } from './types.ts';

/** A line of the table: a method or a protocol, with its scores in every category. */
export interface TableLine {
  readonly label: string;
  readonly rows: readonly CategoryScores[];
  /** How many decimals its scores are shown with (default: two). */
  readonly decimals?: number;
}

/** The results as the papers lay them out: one line per method, and the metrics side by side in blocks of columns. */
export interface Table {
  /** A category; in a data set without categories, a family of metrics. */
  readonly blocks: readonly Block[];
  readonly lines: readonly { readonly label: string; readonly cells: readonly (readonly Cell[])[] }[];
}

export interface Block {
  readonly heading: string;
  readonly category: string;
  /** Whether it is the mean over all categories. */
  readonly isMean: boolean;
  readonly metrics: readonly Column[];
}

type Column = Pick<Metric, 'key' | 'label' | 'family'>;

export interface Cell {
  /** The score with the decimals of its line; a dash where there is none. */
  readonly text: string;
  /** Whether no other line is better. */
  readonly best: boolean;
}

/** The single category of a data set that has none (`CirDataset.categories`). */
const noCategories = 'all';

/** One line per method that has a row, in the paper's order. */
export function methodLines(rows: readonly ResultRow[]): TableLine[] {
  const methods = Object.keys(METHODS) as Method[];
  return methods
    .map((method) => ({ label: METHODS[method], rows: rows.filter((row) => row.method === method) }))
    .filter((line) => line.rows.length > 0);
}

/** Categories stand in the order of the rows, their mean last. */
export function arrange(lines: readonly TableLine[], metrics: readonly Column[]): Table {
  const blocks = blocksOf(lines, metrics);
  const textOf = ({ rows, decimals = 2 }: TableLine, block: Block, { key }: Column): string =>
    rows.find((row) => isOf(row, block))?.[key]?.toFixed(decimals) ?? '–';
  // Scores are compared as shown, so that those that read the same are equally bold.
  const best = (block: Block, column: Column) =>
    Math.max(...lines.map((line) => Number(textOf(line, block, column))).filter((score) => !Number.isNaN(score)));
  const cellOf = (line: TableLine, block: Block, column: Column): Cell => {
    const text = textOf(line, block, column);
    return { text, best: Number(text) === best(block, column) };
  };
  return {
    blocks,
    lines: lines.map((line) => ({
      label: line.label,
      cells: blocks.map((block) => block.metrics.map((column) => cellOf(line, block, column))),
    })),
  };
}

const isOf = (row: CategoryScores, { category, isMean }: Pick<Block, 'category' | 'isMean'>): boolean =>
  isMean ? row.isMean === true : !row.isMean && row.category === category;

function blocksOf(lines: readonly TableLine[], metrics: readonly Column[]): Block[] {
  const rows = lines.flatMap((line) => line.rows);
  const named = new Set(rows.filter(({ isMean }) => !isMean).map(({ category }) => category));
  if (named.size === 1 && named.has(noCategories)) {
    const families = [...new Set(metrics.map(({ family = '' }) => family))];
    return families.map((heading) => ({
      heading,
      category: noCategories,
      isMean: false,
      metrics: metrics.filter(({ family = '' }) => family === heading),
    }));
  }
  const block = (category: string, isMean: boolean) => ({ heading: category, category, isMean, metrics });
  const mean = rows.find(({ isMean }) => isMean);
  return [...[...named].map((category) => block(category, false)), ...(mean ? [block(mean.category, true)] : [])];
}

/** The results table as plain text with aligned columns, for a terminal. Scores in percent. */
export function formatTable(lines: readonly TableLine[], metrics: readonly Column[]): string {
  const table = arrange(lines, metrics);
  const labelWidth = Math.max(...lines.map(({ label }) => label.length));
  const line = (label: string, blocks: readonly string[]) =>
    [label.padEnd(labelWidth), ...blocks].join('   ').trimEnd();
  const columns = (block: Block, texts: readonly string[]) =>
    block.metrics.map(({ label }, i) => texts[i].padStart(Math.max(6, label.length))).join(' ');
  const labels = table.blocks.map((block) =>
    columns(
      block,
      block.metrics.map(({ label }) => label),
    ),
  );
  return [
    line(
      '',
      table.blocks.map(({ heading }, i) => heading.padStart(labels[i].length)),
    ),
    line('', labels),
    ...table.lines.map(({ label, cells }) =>
      line(
        label,
        table.blocks.map((block, i) =>
          columns(
            block,
            cells[i].map(({ text }) => text),
          ),
        ),
      ),
    ),
  ]
    .filter((text) => text !== '')
    .join('\n');
}
