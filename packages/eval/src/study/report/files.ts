import { html } from '../../report/html.ts';
import { PALETTE_STYLE } from '../../report/palette.ts';
import type { Measurements } from '../measure.ts';
import type { StudySection } from '../section.ts';

const COLUMNS = ['section', 'quantity', 'of', 'stage', 'compared_with', 'value', 'low', 'high'] as const;

/** One number of a study: of a stage, or the change from the stage `compared_with`. */
export type NumberRow = Readonly<Record<(typeof COLUMNS)[number], string | number | null>>;

/** Every number of a study, in the order of the page. */
export function numberRows(sections: readonly StudySection[]): NumberRow[] {
  return sections.flatMap(({ id, numbers }) => numbers.flatMap((one) => rowsOf(id, one)));
}

function rowsOf(section: string, { measured, changes }: Measurements): NumberRow[] {
  return [
    ...measured.map(({ quantity, of, stage, value, low, high }) => ({
      section,
      quantity,
      of,
      stage,
      compared_with: null,
      value: finite(value),
      low: finite(low),
      high: finite(high),
    })),
    ...changes.map(({ quantity, of, from, to, value, low, high }) => ({
      section,
      quantity,
      of,
      stage: to,
      compared_with: from,
      value: finite(value),
      low: finite(low),
      high: finite(high),
    })),
  ];
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Every number of a study as CSV (RFC 4180), with one line of names. */
export function numbersCsv(sections: readonly StudySection[]): string {
  const lines = [
    COLUMNS.join(','),
    ...numberRows(sections).map((row) => COLUMNS.map((name) => field(row[name])).join(',')),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function field(value: string | number | null): string {
  if (value === null) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A figure as a file of its own: it brings its caption, the colours that the page would give it, and a ground. */
export const standaloneSvg = (svg: string, caption: string): string =>
  svg.replace(
    /<svg[^>]*/,
    (tag) =>
      `${tag} role="img"><title>${html`${caption}`.text}</title>` +
      `<style>${PALETTE_STYLE} svg { background: var(--card); }</style`,
  );
