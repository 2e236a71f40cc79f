import type { ComparedCell, Comparison } from './comparison.ts';
import { columnLabels, MARKS, MARKS_NOTE, sourceNumber, titleOf } from './layout.ts';

/** A comparison in Markdown. @param level of its heading, 2 unless given */
export function comparisonMarkdown(comparison: Comparison, level = 2): string {
  const { sections, notes, sources } = comparison;
  const labels = ['', 'backbone', 'published', ...columnLabels(comparison), 'source'];
  const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const blank = labels.slice(1).map(() => '');
  return [
    `${'#'.repeat(level)} ${titleOf(comparison)}`,
    '',
    row(labels),
    row(labels.map((_, i) => (i < 3 || i === labels.length - 1 ? '---' : '--:'))),
    ...sections.flatMap(({ heading, lines }) => [
      row([`_${heading}_`, ...blank]),
      ...lines.map((line) =>
        row([
          line.method,
          line.backbone,
          line.venue,
          ...line.cells.flat().map(cellText),
          sourceNumber(comparison, line),
        ]),
      ),
    ]),
    '',
    MARKS_NOTE,
    '',
    ...notes.map((note) => `- ${note}`),
    '',
    ...sources.map(({ title, url }, i) => `[${i + 1}] [${title}](${url})  `),
    '',
  ].join('\n');
}

function cellText({ text, best, status }: ComparedCell): string {
  const mark = status === 'seen' ? '' : MARKS[status];
  return best ? `**${text}**${mark}` : text + mark;
}
