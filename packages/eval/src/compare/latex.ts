import type { ComparedCell, Comparison } from './comparison.ts';
import { MARKS_NOTE, sourceNumber, titleOf } from './layout.ts';

/** A comparison as a LaTeX table, which needs the package booktabs. */
export function comparisonLatex(comparison: Comparison): string {
  const { blocks, sections, notes, sources } = comparison;
  const columns = 3 + blocks.reduce((sum, { metrics }) => sum + metrics.length, 0);
  const row = (cells: readonly string[]) => `${cells.join(' & ')} \\\\`;
  const spans: { from: number; to: number }[] = [];
  for (const { metrics } of blocks) {
    const from = (spans.at(-1)?.to ?? 3) + 1;
    spans.push({ from, to: from + metrics.length - 1 });
  }
  const headed = blocks.some(({ heading }) => heading !== '');
  return [
    `% ${titleOf(comparison)}. Needs \\usepackage{booktabs}.`,
    '\\begin{table}',
    '\\centering',
    `\\begin{tabular}{lll${'r'.repeat(columns - 3)}}`,
    '\\toprule',
    ...(headed
      ? [
          row([
            '',
            '',
            '',
            ...blocks.map(({ heading, metrics }) => `\\multicolumn{${metrics.length}}{c}{${escaped(heading)}}`),
          ]),
          spans.map(({ from, to }) => `\\cmidrule(lr){${from}-${to}}`).join(' '),
        ]
      : []),
    row([
      'Method',
      'Backbone',
      'Published',
      ...blocks.flatMap(({ metrics }) => metrics.map(({ label }) => escaped(label))),
    ]),
    ...sections.flatMap(({ heading, lines }) => [
      '\\midrule',
      `\\multicolumn{${columns}}{l}{\\emph{${escaped(heading)}}} \\\\`,
      ...lines.map((line) => {
        const { method, backbone, venue, cells } = line;
        const source = sourceNumber(comparison, line);
        return `${row([method, backbone, venue].map(escaped).concat(cells.flat().map(cellText)))}${source && ` % ${source}`}`;
      }),
    ]),
    '\\bottomrule',
    '\\end{tabular}',
    `\\caption{${escaped(`${titleOf(comparison)}. ${notes[0]}`)}}`,
    '\\end{table}',
    ...[MARKS_NOTE, ...notes.slice(1), ...sources.map(({ title, url }, i) => `[${i + 1}] ${title}, ${url}`)].map(
      (note) => `% ${note}`,
    ),
    '',
  ].join('\n');
}

function cellText({ text, best, status }: ComparedCell): string {
  const mark = { seen: '', derived: '$^\\dagger$', disputed: '$^\\ddagger$' }[status];
  const shown = text === '–' ? '--' : text;
  return (best ? `\\textbf{${shown}}` : shown) + mark;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
};

/** Text with the characters that LaTeX reads as commands made printable. */
const escaped = (text: string): string =>
  text.replace(/[\\~^]|[&%$#_{}]/g, (character) => ESCAPES[character] ?? `\\${character}`);
