import { QUERY_TEXTS, type QueryText } from '@webcir/data';
import type { MetricKey, Protocol } from '../protocols/protocol.ts';
import type { PublishedRow, PublishedTable } from '../state-of-the-art/table.ts';
import type { Terms } from './terms.ts';

/** Where numbers are printed. */
export interface Source {
  /** Its name in the table. */
  readonly name: string;
  readonly title: string;
  readonly url: string;
}

/** What the numbers of a comparison have in common, in sentences. */
export function about({ protocol: name, queryText }: Terms, protocol: Protocol | undefined): string {
  const what = protocol
    ? `Protocol ${name}. ${protocol.description}`
    : 'Protocol not known: these numbers compare neither with those of a named protocol nor, for certain, with each other.';
  if (queryText === undefined) return what;
  if (queryText === 'rewritten') return `${what} A language model writes the text of a query from its caption.`;
  if (queryText === 'unknown') return `${what} What the models read for a query is not known.`;
  return `${what} The text of a query is "${QUERY_TEXTS[queryText as QueryText]}".`;
}

/** The sources of some rows, in the order in which they come: their numbers. Arithmetic is none. */
export function sourcesOf({ sources }: PublishedTable, rows: readonly PublishedRow[]): Source[] {
  const named = rows.flatMap(({ source, disputed = [] }) => [source, ...disputed.map((dispute) => dispute.source)]);
  return [...new Set(named)].flatMap((name) => {
    const { title, url } = sources[name];
    return url === undefined ? [] : [{ name, title, url }];
  });
}

/** A sentence for each score of a row that is printed with another value. */
export function disputesOf(
  { method, backbone, disputed = [], scores, source }: PublishedRow,
  protocol: Protocol | undefined,
  sources: readonly Source[],
): string[] {
  const where = (name: string) => {
    const number = sources.findIndex((other) => other.name === name) + 1;
    return number === 0 ? 'by its other numbers' : `in [${number}]`;
  };
  return disputed.map(({ score, value, source: other, note }) => {
    const [category, key] = score.split('.') as [string, MetricKey];
    const label = protocol?.metrics.find((metric) => metric.key === key)?.label ?? key;
    const what = category === 'all' || category === 'mean' ? label : `${category} ${label}`;
    return (
      `${method} (${backbone}), ${what}: ${scores[category][key].toFixed(2)} ${where(source)}, ` +
      `${value.toFixed(2)} ${where(other)}${note ? `: ${note}` : ''}.`
    );
  });
}
