import { QUERY_TEXTS, type QueryText } from '@webcir/data';
import { protocolNamed } from '../protocols/index.ts';
import type { MetricKey, Protocol } from '../protocols/protocol.ts';
import { arrange, type Block, type Cell, type TableLine } from '../report/table.ts';
import { KINDS, type Kind, type PublishedRow, type PublishedTable } from '../state-of-the-art/table.ts';
import type { Measured } from './measured.ts';
import { places } from './places.ts';
import { expectOne, type Terms } from './terms.ts';

/** Where numbers are printed. */
export interface Source {
  /** Its name in the table. */
  readonly name: string;
  readonly title: string;
  readonly url: string;
}

/** A cell of a comparison. */
export interface ComparedCell extends Cell {
  /** `seen` in the source, `derived` from other numbers of the row, or `disputed` by another value. */
  readonly status: 'seen' | 'derived' | 'disputed';
}

/** A published method, or one of a run. */
export interface ComparedLine {
  readonly method: string;
  readonly backbone: string;
  readonly venue: string;
  /** A name among the sources of the table; none for a run. */
  readonly source?: string;
  /** By block and metric. */
  readonly cells: readonly (readonly ComparedCell[])[];
}

/** Rows of one data set, split and protocol. */
export interface Comparison extends Terms {
  /** The data set's name as it is written in a text. */
  readonly dataset: string;
  /** Where the rows are from: the first is number 1 in notes. */
  readonly sources: readonly Source[];
  readonly blocks: readonly Block[];
  readonly sections: readonly { readonly heading: string; readonly lines: readonly ComparedLine[] }[];
  /** Sentences: what the protocol is, the disputes, and where a run stands. */
  readonly notes: readonly string[];
}

/**
 * One comparison for each split, protocol and text that there are rows of, without a run; those not known come last.
 * @throws RangeError where there are no such rows, naming those that there are
 */
export function publishedComparisons(
  table: PublishedTable,
  { split, protocol, queryText }: Partial<Terms> = {},
): Comparison[] {
  const fits = (terms: Terms) =>
    [split ?? terms.split, protocol ?? terms.protocol, queryText ?? terms.queryText].join() ===
    [terms.split, terms.protocol, terms.queryText].join();
  expectOne(protocol);
  const isKnown = (terms: Terms) => Number(terms.protocol !== 'unknown' && terms.queryText !== 'unknown');
  const found = [...termsOf(table).values()].filter(fits).sort((a, b) => isKnown(b) - isKnown(a));
  if (found.length === 0) throw noRows(table, { split, protocol, queryText });
  return found.map((terms) => compared(table, terms, []));
}

/**
 * Places runs among the published rows of the same split and protocol.
 * @throws RangeError where they do not compare with each other, or with any row: it says why
 */
export function compareRuns(table: PublishedTable, runs: readonly [Measured, ...Measured[]]): Comparison {
  const [first] = runs;
  for (const run of runs) {
    if (run.incomplete) {
      throw new RangeError(
        `${run.name}: a part of the data set was left out, so that it does not compare with published numbers`,
      );
    }
    if (run.dataset === first.dataset && key(termsOfRun(table, run)) === key(termsOfRun(table, first))) continue;
    throw new RangeError(
      `${first.name} has numbers of ${say(first)}, ${run.name} of ${say(run)}: these do not compare, and get no common ` +
        'table. A protocol decides which images are ranked: the same model scores 7 to 11 points of R@10 more on ' +
        'FashionIQ by one than by another',
    );
  }
  const terms = termsOfRun(table, first);
  if (!termsOf(table).has(key(terms))) throw noRows(table, terms);
  return compared(table, terms, runs);
}

const termsOfRun = (table: PublishedTable, { split, protocol, queryText }: Measured): Terms =>
  table.rows.some((row) => row.queryText !== undefined) ? { split, protocol, queryText } : { split, protocol };

const key = ({ split, protocol, queryText }: Terms) => JSON.stringify([split, protocol, queryText]);

const say = ({ dataset, split, protocol, queryText }: Measured) =>
  `${dataset} ${split} by ${protocol}${queryText === 'plain' ? '' : ` with the text ${queryText}`}`;

function termsOf({ rows }: PublishedTable): Map<string, Terms> {
  const terms = rows.map(({ split, protocol, queryText }): Terms => ({ split, protocol, queryText }));
  return new Map(terms.map((those) => [key(those), those]));
}

function noRows(table: PublishedTable, { split, protocol, queryText }: Partial<Terms>): RangeError {
  const wanted = [
    ...(split === undefined ? [] : [`on ${split}`]),
    ...(protocol === undefined ? [] : [`by protocol ${protocol}`]),
    ...(queryText === undefined ? [] : [`with the text ${queryText}`]),
  ];
  const there = [...termsOf(table).values()].map(
    (terms) => `${terms.split} by ${terms.protocol}${terms.queryText ? ` with the text ${terms.queryText}` : ''}`,
  );
  const elsewhere = table.rows.find((row) => row.protocol === protocol && row.split !== split);
  const hint =
    elsewhere === undefined || split === undefined
      ? ''
      : `. What the server of ${table.dataset} says about ${elsewhere.split} (webcir submit) compares, in a metrics file ` +
        'of your own';
  return new RangeError(
    `no published row of ${table.dataset} is ${wanted.join(', ')}; there are rows of ${there.join('; ')}${hint}`,
  );
}

function compared(table: PublishedTable, terms: Terms, runs: readonly Measured[]): Comparison {
  const protocol = protocolNamed(terms.protocol);
  const published = table.rows.filter((row) => key(row) === key(terms));
  const sources = sourcesOf(table, published);
  // Rows whose protocol is not known have the metrics of one that is.
  const known = protocol ?? table.rows.map((row) => protocolNamed(row.protocol)).find((other) => other !== undefined);
  const own = runs.flatMap(({ name, lines }) => lines.map((line) => ({ ...line, name })));
  const lines = [...published.map(lineOf), ...own];
  const { blocks, lines: arranged } = arrange(lines, known?.metrics ?? []);
  const sections = (Object.keys(KINDS) as Kind[]).map((kind) => ({
    heading: KINDS[kind] as string,
    lines: published.flatMap((row, i): ComparedLine[] => {
      if (row.kind !== kind) return [];
      const { method, backbone, venue, source } = row;
      return [{ method, backbone, venue, source, cells: withStatus(arranged[i].cells, blocks, row) }];
    }),
  }));
  const ownSections = runs.map(({ name }) => ({
    heading: name,
    lines: own.flatMap((line, i): ComparedLine[] =>
      line.name === name
        ? [
            {
              method: line.label,
              backbone: '',
              venue: '',
              cells: withStatus(arranged[published.length + i].cells, blocks),
            },
          ]
        : [],
    ),
  }));
  return {
    ...terms,
    dataset: table.title,
    sources,
    blocks,
    sections: [...sections, ...ownSections].filter((section) => section.lines.length > 0),
    notes: [
      about(terms, protocol),
      ...published.flatMap((row) => disputesOf(row, known, sources)),
      ...(protocol ? places(protocol, published, own) : []),
    ],
  };
}

const lineOf = ({ method, scores, decimals }: PublishedRow): TableLine => ({
  label: method,
  ...(decimals !== undefined && { decimals }),
  rows: Object.entries(scores).map(([category, values]) => ({
    category,
    ...(category === 'mean' && { isMean: true as const }),
    ...values,
  })),
});

function withStatus(
  cells: readonly (readonly Cell[])[],
  blocks: readonly Block[],
  row?: PublishedRow,
): ComparedCell[][] {
  const statusOf = (score: string) => {
    if (row?.disputed?.some((dispute) => dispute.score === score)) return 'disputed';
    return row?.derived?.includes(score) ? 'derived' : 'seen';
  };
  return blocks.map(({ category, metrics }, block) =>
    metrics.map((metric, i) => ({ ...cells[block][i], status: statusOf(`${category}.${metric.key}`) })),
  );
}

function about({ protocol: name, queryText }: Terms, protocol: Protocol | undefined): string {
  const what = protocol
    ? `Protocol ${name}. ${protocol.description}`
    : 'Protocol not known: these numbers compare neither with those of a named protocol nor, for certain, with each other.';
  if (queryText === undefined) return what;
  if (queryText === 'rewritten') return `${what} A language model writes the text of a query from its caption.`;
  if (queryText === 'unknown') return `${what} What the models read for a query is not known.`;
  return `${what} The text of a query is "${QUERY_TEXTS[queryText as QueryText]}".`;
}

/** The sources of some rows, in the order in which they come: their numbers. Arithmetic is none. */
function sourcesOf({ sources }: PublishedTable, rows: readonly PublishedRow[]): Source[] {
  const named = rows.flatMap(({ source, disputed = [] }) => [source, ...disputed.map((dispute) => dispute.source)]);
  return [...new Set(named)].flatMap((name) => {
    const { title, url } = sources[name];
    return url === undefined ? [] : [{ name, title, url }];
  });
}

function disputesOf(
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
